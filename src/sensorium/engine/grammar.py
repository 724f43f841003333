"""Answers that can only take a given form: JSON of a schema, a regular expression, one of some choices.

The package `llguidance` tells before each token which ones the form still allows. Compiling is bounded by its own
limits on work and memory, which count operations and not time, so that the same form is taken or refused everywhere.
"""

import json
import re
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from sensorium.core.errors import EngineError, UsageError
from sensorium.core.packages import require

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


class Guide(Protocol):
    """Follows one answer and tells which tokens may come next."""

    def allowed(self, vocabulary: int) -> Tensor:
        """True for tokens that may come next: [V] bool."""

    def push(self, id_: int) -> None:
        """A token was chosen."""

    def fork(self) -> "Guide":
        """The same for a further answer that has begun alike."""


class Grammars:
    """Compiles forms for the tokens of one model; may be used by several threads."""

    def __init__(self, tokenizer: str, *, vocabulary: int, stops: Collection[int]) -> None:
        """Read the tokens, which takes a moment.

        Args: tokenizer: the text of a tokenizer.json; vocabulary: number of scores; stops: tokens that end answers.

        Raises: MissingPackage; EngineError when the tokenizer is of a kind that cannot be guided.
        """
        self._package: Any = require("llguidance", "serve")
        try:
            self._tokens = self._package.LLTokenizer(tokenizer, n_vocab=vocabulary, eos_token=sorted(stops))
        except (TypeError, ValueError, RuntimeError) as error:
            raise EngineError(
                f"tokenizer: answers in a given form are not possible with it ({error}). Ask without a form."
            ) from error
        self._lock = threading.Lock()

    def guide(self, form: Form) -> Guide:
        """Begin an answer in a form. Raises: UsageError when it is wrong, too large, or takes too much work."""
        with self._lock:  # its memory for compiled expressions belongs to all
            matcher = self._package.LLMatcher(self._tokens, self._grammar(form), log_level=0, limits=self._limits())
            matcher.compute_bitmask()  # some limits are met only here
        if matcher.is_error():
            raise UsageError(f"{form.kind}: {_first_line(matcher.get_error())}. Give a simpler or a correct one.")
        return _Guide(matcher)

    def _grammar(self, form: Form) -> str:
        compiler = self._package.LLMatcher
        if form.kind == "schema":
            return str(compiler.grammar_from_json_schema(form.text))
        if form.kind == "regex":
            return str(compiler.grammar_from_regex(form.text))
        return str(compiler.grammar_from_regex("|".join(re.escape(each) for each in json.loads(form.text))))

    def _limits(self) -> Any:
        return self._package.LLParserLimits(
            initial_lexer_fuel=LEXER_FUEL,
            step_lexer_fuel=STEP_FUEL,
            step_max_items=MOST_ITEMS,
            max_lexer_states=MOST_STATES,
            max_grammar_size=LARGEST_GRAMMAR,
            verbose_errors=False,
        )


class _Guide:
    def __init__(self, matcher: Any) -> None:
        self._matcher = matcher

    def allowed(self, vocabulary: int) -> Tensor:
        """As `Guide.allowed`. Raises: EngineError when the form takes too much work here."""
        bits = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        self._check()
        flags = np.unpackbits(bits, bitorder="little")[:vocabulary].astype(bool)
        return torch.from_numpy(np.pad(flags, (0, vocabulary - len(flags))))

    def push(self, id_: int) -> None:
        """As `Guide.push`. Raises: EngineError for a token that was not allowed."""
        self._matcher.consume_token(id_)
        self._check()

    def fork(self) -> "_Guide":
        """As `Guide.fork`."""
        return _Guide(self._matcher.deep_copy())

    def _check(self) -> None:
        if self._matcher.is_error():
            raise EngineError(
                f"form: the answer cannot be guided on ({_first_line(self._matcher.get_error())}). Give a simpler form."
            )


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:200]


def _depth(value: object, so_far: int = 0) -> int:
    """How many tables and lists lie in each other; counting ends behind the deepest that is allowed."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    if so_far > DEEPEST_SCHEMA:
        return so_far
    return max((_depth(each, so_far + 1) for each in inner), default=so_far)
