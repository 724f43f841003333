"""How `ask` and `chat` are answered: how words are chosen, what ends an answer, what form it has."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from sensorium.cli.inputs import Seed, Temperature, sampling_options
from sensorium.core.errors import UsageError

if TYPE_CHECKING:
    from sensorium.engine.forms import Form
    from sensorium.runtime.asking import Asking

LARGEST_SCHEMA = 1 << 16
"""Bytes."""

Stop = Annotated[
    list[str] | None,
    typer.Option("--stop", metavar="TEXT", help="Ends the answer, and is no part of it; may stand several times."),
]
FormName = Annotated[
    str | None,
    typer.Option(
        "--form",
        metavar="FORM",
        help="What the answer must be: a file with a JSON schema, json for any object, or choices: 'yes|no'.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Manner:
    """Options of a command (cli/options.py)."""

    temperature: Temperature = 0.0
    seed: Seed = None
    stop: Stop = None
    form: FormName = None

    def options(self, max_tokens: int) -> "Asking":
        """What `ask` of a model takes: looked at before the model loads. Raises: UsageError."""
        from sensorium.engine.stopping import check_stops

        check_stops(self.stop or ())
        found: dict[str, Any] = {**sampling_options(max_tokens, self.temperature, self.seed)}
        if self.stop:
            found["stop"] = self.stop
        if self.form is not None:
            found["form"] = read_form(self.form)
        return cast("Asking", found)


def read_form(name: str) -> "Form":
    """The form that is named. Raises: UsageError."""
    from sensorium.engine.forms import Form

    if name == "json":
        return Form.schema({"type": "object"})
    if "|" in name:
        return Form.choices(*(each.strip() for each in name.split("|")))
    try:
        with Path(name).open("rb") as file:
            text = file.read(LARGEST_SCHEMA + 1)
        schema = json.loads(text) if len(text) <= LARGEST_SCHEMA else None
    except (OSError, ValueError, RecursionError) as error:
        raise _unknown(name, str(getattr(error, "strerror", None) or error)) from error
    if not isinstance(schema, dict):
        raise _unknown(name, f"no object, or more than {LARGEST_SCHEMA} bytes")
    return Form.schema(schema)


def _unknown(name: str, why: str) -> UsageError:
    return UsageError(
        f"--form: got '{name}' ({why}); expected a file with a JSON schema, json for any object, or choices. "
        "Write, say: --form 'yes|no'"
    )
