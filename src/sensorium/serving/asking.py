"""What is asked, whatever the protocol: the model, the talk, and how the answer is to be made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sensorium.engine.forms import Form
from sensorium.engine.sampling import Sampling
from sensorium.serving.drafts import Draft
from sensorium.serving.fields import Fields, refused
from sensorium.serving.tools import Toolbox

LONGEST = 1024
"""Tokens of an answer where the client names no bound and the model has room for them."""

NEUTRAL: Mapping[str, object] = {
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "repetition_penalty": 1.0,
    "top_log_probs": 0,
    "logit_bias": {},
}
"""Values that ask for nothing."""

_RANGES: Mapping[str, tuple[float, float]] = {
    "temperature": (0.0, 100.0),
    "top_p": (0.0, 1.0),
    "min_p": (0.0, 1.0),
    "presence_penalty": (-2.0, 2.0),
    "frequency_penalty": (-2.0, 2.0),
    "repetition_penalty": (0.01, 100.0),
}
_COUNTS: Mapping[str, tuple[int, int]] = {"top_k": (0, 2**31 - 1), "seed": (0, 2**63 - 1), "max_tokens": (1, 2**31 - 1)}


@dataclass(frozen=True)
class Wish:
    """An option of sampling that a client set; `field` is what its protocol calls it."""

    option: str
    value: Any
    field: str


@dataclass(frozen=True)
class Ask:
    """A request for answers. `form` is what they must look like, None for any words; `tools` what they may call."""

    model: str
    drafts: tuple[Draft, ...]
    wishes: tuple[Wish, ...] = ()
    stops: tuple[str, ...] = ()
    answers: int = 1
    form: Form | None = None
    tools: Toolbox | None = None

    def held_to(self) -> Form | None:
        """What answers are held to: the call that must be made, or the form.

        Raises: Refusal where an answer may be either; UsageError for a schema that is too large.
        """
        if self.tools is None:
            return self.form
        if self.tools.choice == "auto" and self.form is not None:
            raise refused(
                self.tools.field, "they may be called, and the answer has a form", "one of the two: force a tool"
            )
        return self.tools.form()

    def sampling(self) -> Sampling:
        """How tokens are chosen. Raises: UsageError for a wrong value."""
        options: dict[str, Any] = {"max_tokens": LONGEST}
        for wish in self.wishes:
            if wish.option not in NEUTRAL or wish.value != NEUTRAL[wish.option]:
                options[wish.option] = wish.value
        return Sampling(**options)


def wishes(fields: Fields, **names: str) -> tuple[Wish, ...]:
    """Options of sampling among the fields of a request.

    Args:
        fields: they are taken from it.
        names: of options, each with what the protocol calls it.

    Raises: Refusal for a value of the wrong kind or outside its range.
    """
    found = []
    for option, name in names.items():
        value = fields.integer(name, *_COUNTS[option]) if option in _COUNTS else fields.number(name, *_RANGES[option])
        if value is not None:
            found.append(Wish(option, value, fields.at(name)))
    return tuple(found)
