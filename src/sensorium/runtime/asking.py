"""What a question may be asked with: how words are chosen, what ends an answer, and what form it must have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.config import from_dict
from sensorium.core.errors import EngineError, UsageError
from sensorium.engine.forms import Form
from sensorium.engine.grammar import Grammars
from sensorium.engine.sampling import Options, Sampling
from sensorium.engine.stopping import check_stops
from sensorium.models.answerer import Answerer


class Asking(Options, total=False):
    """Options of `ask`, `stream`, `send`: those of `Sampling`, and these.

    stop: texts that end an answer and are no part of it. form: what the answer must look like.
    """

    stop: str | Sequence[str]
    form: Form | None


@dataclass(frozen=True)
class Asked:
    """Options that were looked at."""

    sampling: Sampling
    stops: tuple[str, ...] = ()
    form: Form | None = None


def read_options(options: Mapping[str, Any]) -> Asked:
    """Look at what was given. Raises: UsageError for what is unknown, or wrong."""
    given = dict(options)
    stop, form = given.pop("stop", ()), given.pop("form", None)
    stops = (stop,) if isinstance(stop, str) else tuple(stop)
    if not all(isinstance(each, str) for each in stops):
        raise UsageError(f"stop is {stop!r}; expected a text, or several. Give words.")
    check_stops(stops)
    if form is not None and not isinstance(form, Form):
        raise UsageError(
            f"form is a {type(form).__name__}; expected a Form. Give Form.schema({{...}}), Form.regex('...') or "
            "Form.choices('...', '...') of sensorium.engine.forms."
        )
    return Asked(from_dict(Sampling, given, where="options"), stops, form)


def grammars_of(model: Answerer) -> Grammars:
    """What holds a model's answers to a form. Raises: EngineError for tokens that cannot be held; MissingPackage."""
    tokens = model.tokenizer
    if not isinstance(tokens, Tokenizer | HubTokenizer):
        raise EngineError("form: this model's tokens cannot be held to one. Ask without a form.")
    return Grammars(tokens.to_json(), vocabulary=tokens.vocabulary, stops=model.stops)
