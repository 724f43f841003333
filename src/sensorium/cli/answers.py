"""What commands have in common on the way out: receiving an answer piece by piece, and telling about it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sensorium.cli.console import write
from sensorium.cli.messages import Language, say
from sensorium.core.errors import EngineError

if TYPE_CHECKING:
    from sensorium.chat.message import Answer
    from sensorium.runtime.protocol import StreamEvent


def receive(events: "Iterable[StreamEvent]", *, live: bool) -> "Answer":
    """The answer at the end of a stream; `live` shows its text as it comes.

    Raises: EngineError when the stream ends without one.
    """
    begun = False
    try:
        for event in events:
            if live and event.text:
                begun = True
                write(event.text, end="")
            if event.answer is not None:
                return event.answer
    finally:
        if begun:
            write("")
    raise EngineError("The model gave no answer. Ask again; if it stays so, report it with the question.")


def notes(answer: "Answer", language: Language) -> list[str]:
    """What the user should know of an answer."""
    told = list(answer.notices)
    if answer.sure is False:
        chance = answer.confidence
        told.append(
            say("unsure-somehow", language) if chance is None else say("unsure", language, percent=100 * chance)
        )
    if answer.finish_reason == "length":
        told.append(say("cut", language, tokens=answer.usage.completion_tokens))
    return told


def to_dict(answer: "Answer") -> dict[str, Any]:
    """An answer as the JSON that `ask --json` writes."""
    return {
        "answer": answer.text,
        "confidence": answer.confidence,
        "sure": answer.sure,
        "model": answer.model,
        "usage": vars(answer.usage),
        "timings": vars(answer.timings),
        "notices": list(answer.notices),
        "places": [{"kind": type(place).__name__.lower(), **vars(place)} for place in answer.places],
        "modality_weights": answer.modality_weights,
        "finish_reason": answer.finish_reason,
    }
