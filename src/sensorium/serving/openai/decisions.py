"""POST /v1/decisions: https://platform.openai.com/docs/api-reference/decisions."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sensorium.runtime.deciding import Decision
from sensorium.serving.desk import Desk
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
    yes_or_no,
)
from sensorium.serving.inquiries import tokens as tokens_of
from sensorium.serving.limits import ServerLimits
from sensorium.serving.openai import items
from sensorium.serving.reading import kind_of
from sensorium.serving.streams import json_response


async def decisions(request: Request) -> Response:
    """Answer questions about an input with probabilities."""
    desk: Desk = request.app.state.desk
    with Fields(await desk.json(request)) as fields:
        model = fields.text("model")
        calls = items.Calls()
        talk = items.drafts(fields.take("input"), desk.limits, calls)
        calls.check()
        asked = [_read(each, desk.limits) for each in fields.tables("questions", most=MOST_QUESTIONS, needed=True)]
        fields.inert("prompt_cache_key", "safety_identifier", "prompt_cache_options")
    made = await desk.decisions(request, model, poll_of(talk, [inquiry for _, _, inquiry in asked]))
    prompt, said = tokens_of(made)
    answers = [
        {"type": kind, "name": name, **_ANSWERS[kind](inquiry, decision)}
        for (kind, name, inquiry), decision in zip(asked, made, strict=True)
    ]
    usage = {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": said,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": prompt + said,
    }
    return json_response({"model": model, "answers": answers, "usage": usage, "sensorium": known(made)})


def _read(question: Fields, limits: ServerLimits) -> tuple[str, str | None, Inquiry]:
    """The type, name and content of a question. Raises: Refusal."""
    kind = question.word("type", ("predicate", "choice", "score"))
    name = question.text("name", None)
    words = items.content(question, "instructions", "user", limits)
    if kind == "predicate":
        return kind, name, yes_or_no(words)
    listed, called = ("choices", "value") if kind == "choice" else ("levels", "label")
    given = [_choice(each, called) for each in question.tables(listed, most=MOST_CHOICES, needed=True)]
    return kind, name, one_of(words, given, question.at(listed))


def _choice(choice: Fields, called: str) -> tuple[str | bool, str]:
    value = choice.take(called)
    if not isinstance(value, str) and not (isinstance(value, bool) and called == "value"):
        raise refused(choice.at(called), f"got {kind_of(value)}", "a text")
    return value, choice.text("description", "")


def _predicate(_: Inquiry, decision: Decision) -> dict[str, Any]:
    return {"probability": decision.chances[0]}


def _chosen(inquiry: Inquiry, decision: Decision) -> dict[str, Any]:
    pairs = zip(inquiry.options, decision.chances, strict=True)
    at = best(decision)
    return {
        "choice": inquiry.options[at],
        "confidence": decision.chances[at],
        "probabilities": [{"value": value, "probability": chance} for value, chance in pairs],
    }


def _scored(inquiry: Inquiry, decision: Decision) -> dict[str, Any]:
    pairs = enumerate(zip(inquiry.options, decision.chances, strict=True))
    return {
        "score": level(decision),
        "confidence": max(decision.chances),
        "probabilities": [
            {"label": label, "value": number, "probability": chance} for number, (label, chance) in pairs
        ],
    }


_ANSWERS = {"predicate": _predicate, "choice": _chosen, "score": _scored}
