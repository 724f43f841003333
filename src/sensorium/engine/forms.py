"""What an answer must look like, and the compiling of it; without torch, for a process of its own (engine/trial.py).

Compiling is bounded by the package's own limits on work and memory, which count operations and not time, so that the
same form is taken or refused everywhere.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sensorium.core.errors import UsageError

LARGEST_FORM = 1 << 16
"""Characters of a schema, an expression or all choices."""
DEEPEST_SCHEMA = 32
LEXER_FUEL = 1_000_000
STEP_FUEL = 200_000
MOST_ITEMS = 50_000
MOST_STATES = 50_000
LARGEST_GRAMMAR = 100_000


@dataclass(frozen=True)
class Form:
    """What an answer must look like. text: a JSON schema, a regular expression, or a JSON list of choices."""

    kind: Literal["schema", "regex", "choices"]
    text: str

    @classmethod
    def schema(cls, schema: Mapping[str, object]) -> "Form":
        """JSON of a schema. Raises: UsageError when it is too large or deep, or is no JSON."""
        if _depth(schema) > DEEPEST_SCHEMA:
            raise UsageError(f"schema: more than {DEEPEST_SCHEMA} levels deep. Make it flatter.")
        try:
            text = json.dumps(schema, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise UsageError(f"schema: is no JSON ({error}). Give a JSON schema as a table.") from error
        return cls("schema", text)

    @classmethod
    def regex(cls, expression: str) -> "Form":
        """A regular expression that the whole answer matches, without lookarounds and references to groups."""
        return cls("regex", expression)

    @classmethod
    def choices(cls, *choices: str) -> "Form":
        """One of these, letter for letter. Raises: UsageError for none, or for an empty one."""
        if not choices or not all(choices):
            raise UsageError("choices: expected at least one, none of them empty. Give words to choose from.")
        return cls("choices", json.dumps(choices))

    def __post_init__(self) -> None:
        if len(self.text) > LARGEST_FORM:
            raise UsageError(
                f"{self.kind}: {len(self.text)} characters; expected at most {LARGEST_FORM}. Give a shorter one."
            )


def compiled(package: Any, tokens: Any, form: Form) -> Any:
    """A matcher at the beginning of a form.

    Args: package: `llguidance`; tokens: its LLTokenizer.

    Raises: UsageError when the form is wrong, too large, or takes too much work.
    """
    try:
        matcher = package.LLMatcher(tokens, _grammar(package.LLMatcher, form), log_level=0, limits=_limits(package))
    except ValueError as error:
        raise refused(form, str(error)) from error
    matcher.compute_bitmask()  # some limits are met only here
    if matcher.is_error():
        raise refused(form, matcher.get_error())
    return matcher


def refused(form: Form, why: str) -> UsageError:
    """The error of a form that cannot be taken."""
    return UsageError(f"{form.kind}: {first_line(why)}. Give a simpler or a correct one.")


def first_line(text: str) -> str:
    """What an error of the package says, without its details."""
    return text.strip().partition("\n")[0][:200]


def _grammar(compiler: Any, form: Form) -> str:
    if form.kind == "schema":
        return str(compiler.grammar_from_json_schema(form.text, overrides={"whitespace_flexible": False}))
    if form.kind == "regex":
        return str(compiler.grammar_from_regex(form.text))
    return str(compiler.grammar_from_regex("|".join(re.escape(each) for each in json.loads(form.text))))


def _limits(package: Any) -> Any:
    return package.LLParserLimits(
        initial_lexer_fuel=LEXER_FUEL,
        step_lexer_fuel=STEP_FUEL,
        step_max_items=MOST_ITEMS,
        max_lexer_states=MOST_STATES,
        max_grammar_size=LARGEST_GRAMMAR,
        verbose_errors=False,
    )


def _depth(value: object, so_far: int = 0) -> int:
    """How many tables and lists lie in each other; counting ends behind the deepest that is allowed."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    if so_far > DEEPEST_SCHEMA:
        return so_far
    return max((_depth(each, so_far + 1) for each in inner), default=so_far)
