"""POST /v1/systemone, as Ollama's client and transformers' server have it: typed questions about a state.

    {"state": {"photo": "img-1"}, "assets": {"img-1": {"data_base64": "…"}},
     "questions": {"spam": {"type": "noul", "instructions": "…"}}}

An asset stands where its name does, in the state or in a question; `images` stand before the state.
"""

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sensorium.chat.message import Text
from sensorium.runtime.deciding import Decision
from sensorium.serving.desk import Desk
from sensorium.serving.drafts import Draft, Given, inline
from sensorium.serving.fields import Fields, refused
from sensorium.serving.inquiries import (
    MOST_CHOICES,
    MOST_QUESTIONS,
    Inquiry,
    best,
    known,
    level,
    one_of,
    poll_of,
    spelled,
    tokens,
    yes_or_no,
)
from sensorium.serving.limits import ServerLimits
from sensorium.serving.ollama.chat import images, model_id
from sensorium.serving.reading import kind_of
from sensorium.serving.streams import json_response

Part = Text | Given


async def systemone(request: Request) -> Response:
    """Answer questions about a state with probabilities."""
    desk: Desk = request.app.state.desk
    with Fields(await desk.json(request)) as fields:
        model = model_id(fields.text("model"))
        fields.inert("keep_alive")
        shown = images(fields, desk.limits)
        assets = _Assets(fields, desk.limits)
        state = assets.parts(spelled(_content(fields, "state")))
        with fields.table("questions") as table:
            names = list(table)
            if not 0 < len(names) <= MOST_QUESTIONS:
                raise refused("questions", f"{len(names)} questions", f"1 to {MOST_QUESTIONS}")
            asked = {name: _read(table, name, assets) for name in names}
        assets.check()
    talk = Draft("user", (*shown, *state))
    made = await desk.decisions(request, model, poll_of([talk], [inquiry for _, inquiry in asked.values()]))
    prompt, said = tokens(made)
    answers = {
        name: {"type": kind, **_ANSWERS[kind](inquiry, decision)}
        for (name, (kind, inquiry)), decision in zip(asked.items(), made, strict=True)
    }
    usage = {"input_tokens": prompt, "output_tokens": said}
    return json_response({"model": model, "answers": answers, "usage": usage, "sensorium": known(made)})


class _Assets:
    """Pictures by the names that stand for them."""

    def __init__(self, fields: Fields, limits: ServerLimits) -> None:
        self._given: dict[str, Given] = {}
        with fields.table("assets") as table:
            for name in list(table):
                with table.table(name) as asset:
                    data = asset.text("data_base64")
                    self._given[name] = inline(asset.at("data_base64"), data.rpartition(",")[2], "", "image")
        if "" in self._given or len(self._given) > limits.media_parts:
            raise refused("assets", f"{len(self._given)}, or one without a name", f"at most {limits.media_parts}")
        self._unused = set(self._given)

    def parts(self, text: str) -> tuple[Part, ...]:
        """A text with pictures in the places of their names."""
        if not self._given:
            return (Text(text),) if text else ()
        names = "|".join(re.escape(name) for name in sorted(self._given, key=len, reverse=True))
        pieces = re.split(f"({names})", text)
        self._unused.difference_update(pieces[1::2])
        made = (self._given[each] if at % 2 else Text(each) for at, each in enumerate(pieces))
        return tuple(each for each in made if isinstance(each, Given) or each.text)

    def check(self) -> None:
        """Raises: Refusal for a picture whose name stands nowhere."""
        if self._unused:
            name = sorted(self._unused)[0]
            raise refused(f"assets.{name[:40]}", "its name stands nowhere", "it in the state or in a question")


def _content(fields: Fields, name: str) -> object:
    value = fields.take(name)
    if not isinstance(value, str | dict | list):
        raise refused(fields.at(name), f"got {kind_of(value)}", "a text, an object or a list")
    return value


def _read(table: Fields, name: str, assets: _Assets) -> tuple[str, Inquiry]:
    """The type and content of a question. Raises: Refusal."""
    with table.table(name) as question:
        kind = question.word("type", ("noul", "choice", "score"))
        words = assets.parts(spelled(_content(question, "instructions")))
        if kind == "noul":
            with question.table("criteria") as criteria:
                told = [(value, criteria.text(key, "")) for value, key in ((True, "true"), (False, "false"))]
            return kind, yes_or_no(words, told)
        if kind == "score":
            levels = question.texts("criteria", most=MOST_CHOICES, longest=200)
            return kind, one_of(words, [(each, "") for each in levels], question.at("criteria"))
        given = question.take("criteria")
        if not isinstance(given, Mapping):
            raise refused(question.at("criteria"), f"got {kind_of(given)}", "an object of choices")
        choices = [(key, "" if about is None else spelled(about)) for key, about in given.items()]
        return kind, one_of(words, choices, question.at("criteria"))


def _noul(_: Inquiry, decision: Decision) -> dict[str, Any]:
    return {"noul": decision.chances[0]}


def _chosen(inquiry: Inquiry, decision: Decision) -> dict[str, Any]:
    """Confidence is 0 where all choices are alike, 1 where one is certain."""
    at, even = best(decision), 1 / len(decision.chances)
    return {
        "choice": inquiry.options[at],
        "confidence": max(0.0, (decision.chances[at] - even) / (1 - even)),
        "probabilities": dict(zip(inquiry.options, decision.chances, strict=True)),
    }


def _scored(inquiry: Inquiry, decision: Decision) -> dict[str, Any]:
    """Confidence is 0 where levels lie as far apart as if all were alike, 1 where one is certain."""
    at, count = best(decision), len(decision.chances)
    apart = sum(chance * abs(number - at) for number, chance in enumerate(decision.chances))
    even = sum(abs(number - (count - 1) / 2) for number in range(count)) / count
    return {
        "score": level(decision),
        "legend": {str(number): name for number, name in enumerate(inquiry.options)},
        "confidence": max(0.0, 1 - apart / even),
        "probabilities": {str(number): chance for number, chance in enumerate(decision.chances)},
    }


_ANSWERS = {"noul": _noul, "choice": _chosen, "score": _scored}
