"""What the server and the process of a model say to each other: a length of four bytes and JSON, both ways.

    to the model      start · count · stream · decide · leave
    from the model    ready · beat · count · piece · decision · end · fault

Nothing that comes over it is ever run: values are built from plain JSON, one by one.
"""

import json
from asyncio import IncompleteReadError, StreamReader
from collections.abc import Mapping, Sequence
from typing import Any

from sensorium.chat.message import Answer, Text, Timings, Usage
from sensorium.chat.places import Box, Moment, Point
from sensorium.core.errors import EngineError
from sensorium.engine.forms import Form
from sensorium.engine.generate import TokenEvent
from sensorium.engine.sampling import Sampling
from sensorium.runtime.deciding import Decision
from sensorium.runtime.protocol import StreamEvent
from sensorium.serving.backend import Asked, Poll
from sensorium.serving.drafts import Draft, Given
from sensorium.serving.faults import Fault, Refusal

LONGEST = 512 * 2**20
"""Bytes of one frame; a request's body, which is the largest thing sent, is far smaller."""

_PLACES = {each.__name__: each for each in (Box, Point, Moment)}


def frame(**told: Any) -> bytes:
    """One thing that is said. Raises: Refusal for more than the other side reads."""
    data = json.dumps(told, separators=(",", ":")).encode("ascii")
    if len(data) > LONGEST:
        raise Refusal("too_large", f"The request comes to {len(data)} bytes; expected at most {LONGEST}. Send less.")
    return len(data).to_bytes(4, "big") + data


async def read_frame(reader: StreamReader) -> dict[str, Any] | None:
    """The next thing that the other side says; None when it is gone. Raises: EngineError for what is no frame."""
    try:
        length = int.from_bytes(await reader.readexactly(4), "big")
        if length > LONGEST:
            raise EngineError(f"frame: got {length} bytes; expected at most {LONGEST}. Report this.")
        told: dict[str, Any] = json.loads(await reader.readexactly(length))
    except (IncompleteReadError, ConnectionError):
        return None
    return told


def drafts_out(drafts: Sequence[Draft]) -> list[Any]:
    """A talk as JSON."""
    return [[each.role, [vars(part) for part in each.parts]] for each in drafts]


def drafts_in(told: Sequence[Any]) -> tuple[Draft, ...]:
    """The talk that `drafts_out` told."""
    return tuple(Draft(role, tuple(_part(part) for part in parts)) for role, parts in told)


def asked_out(asked: Asked) -> dict[str, Any]:
    """A request as JSON."""
    return {
        "drafts": drafts_out(asked.drafts),
        "sampling": vars(asked.sampling) | {"logit_bias": list(asked.sampling.logit_bias.items())},
        "stops": asked.stops,
        "form": None if asked.form is None else [asked.form.kind, asked.form.text],
        "answers": asked.answers,
        "tenant": asked.tenant,
    }


def asked_in(told: Mapping[str, Any]) -> Asked:
    """The request that `asked_out` told."""
    sampling = told["sampling"]
    return Asked(
        drafts_in(told["drafts"]),
        Sampling(**sampling | {"logit_bias": dict(sampling["logit_bias"])}),
        tuple(told["stops"]),
        None if told["form"] is None else Form(*told["form"]),
        told["answers"],
        told["tenant"],
    )


def poll_out(poll: Poll) -> dict[str, Any]:
    """Questions about a talk as JSON."""
    return {
        "drafts": drafts_out(poll.drafts),
        "questions": drafts_out([Draft("user", each) for each in poll.questions]),
        "answers": poll.answers,
        "tenant": poll.tenant,
    }


def poll_in(told: Mapping[str, Any]) -> Poll:
    """The questions that `poll_out` told."""
    return Poll(
        drafts_in(told["drafts"]),
        tuple(each.parts for each in drafts_in(told["questions"])),
        tuple(tuple(tuple(ways) for ways in answers) for answers in told["answers"]),
        told["tenant"],
    )


def decision_out(decision: Decision) -> dict[str, Any]:
    """A decision as JSON."""
    return vars(decision) | {"usage": vars(decision.usage)}


def decision_in(told: Mapping[str, Any]) -> Decision:
    """The decision that `decision_out` told."""
    return Decision(tuple(told["chances"]), told["calibrated"], Usage(**told["usage"]), tuple(told["notices"]))


def event_out(event: StreamEvent) -> dict[str, Any]:
    """A piece of an answer as JSON."""
    tokens = [[each.id, each.log_prob, each.finish, each.text, each.top, each.answer] for each in event.tokens]
    answer = None if event.answer is None else _answer_out(event.answer)
    return {"text": event.text, "tokens": tokens, "stopped_by": event.stopped_by, "answer": answer}


def event_in(told: Mapping[str, Any]) -> StreamEvent:
    """The piece that `event_out` told."""
    tokens = tuple(
        TokenEvent(id_, log_prob, finish, text, tuple((one, chance) for one, chance in top), answer)
        for id_, log_prob, finish, text, top, answer in told["tokens"]
    )
    answer = None if told["answer"] is None else _answer_in(told["answer"])
    return StreamEvent(told["text"], answer, told["stopped_by"], tokens)


def fault_out(fault: Fault) -> dict[str, Any]:
    """What went wrong, as JSON."""
    return vars(fault)


def fault_in(told: Mapping[str, Any]) -> Refusal:
    """The error that `fault_out` told."""
    return Refusal(told["kind"], told["message"], field=told["field"], wait=told["wait"])


def _part(told: Mapping[str, Any]) -> Text | Given:
    return Given(**told) if "uri" in told else Text(**told)


def _answer_out(answer: Answer) -> dict[str, Any]:
    return {
        "text": answer.text,
        "confidence": answer.confidence,
        "sure": answer.sure,
        "model": answer.model,
        "finish_reason": answer.finish_reason,
        "usage": vars(answer.usage),
        "timings": vars(answer.timings),
        "notices": answer.notices,
        "places": [[type(each).__name__, vars(each)] for each in answer.places],
    }


def _answer_in(told: Mapping[str, Any]) -> Answer:
    return Answer(
        role="assistant",
        parts=(Text(told["text"]),),
        confidence=told["confidence"],
        sure=told["sure"],
        model=told["model"],
        finish_reason=told["finish_reason"],
        usage=Usage(**told["usage"]),
        timings=Timings(**told["timings"]),
        notices=tuple(told["notices"]),
        places=tuple(_PLACES[kind](**values) for kind, values in told["places"]),
    )
