"""POST /v1/responses: https://platform.openai.com/docs/api-reference/responses; what is kept of them is in kept.py."""

import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from sensorium.chat.message import Answer, Text
from sensorium.core.errors import SensoriumError
from sensorium.serving.asking import Ask, wishes
from sensorium.serving.calls import spoken
from sensorium.serving.desk import Desk, Piece
from sensorium.serving.drafts import Draft
from sensorium.serving.faults import fault_of
from sensorium.serving.fields import Fields
from sensorium.serving.forms import named_form
from sensorium.serving.limits import ServerLimits
from sensorium.serving.log import tell_failure
from sensorium.serving.openai import items
from sensorium.serving.openai.kept import Turn, before, keep
from sensorium.serving.openai.response_events import Events
from sensorium.serving.openai.tools import toolbox
from sensorium.serving.streams import json_response, known, stream_response
from sensorium.serving.tools import joined
from sensorium.serving.visit import visit_of


@dataclass(frozen=True)
class ResponsesRequest:
    """A request as it was read.

    ask: its talk without the system's words; given: its `input`; previous: the response that it goes on from; store:
    whether it is kept; told: fields that the response repeats; calls: of tools, in its `input`.
    """

    ask: Ask
    stream: bool
    system: str
    given: object
    previous: str | None
    store: bool
    told: dict[str, Any]
    calls: items.Calls


async def responses(request: Request) -> Response:
    """Answer a talk."""
    desk: Desk = request.app.state.desk
    asked = read(await desk.json(request), desk.limits)
    earlier = before(request, asked.previous)
    asked.calls.check(earlier.calls)
    begun = replace(earlier, talk=joined([*earlier.talk, *asked.ask.drafts]))
    system = (Draft("system", (Text(asked.system),)),) if asked.system else ()
    ask = replace(asked.ask, drafts=(*system, *begun.talk))
    head = _head(asked)
    if asked.stream:
        pieces = await desk.pieces(request, ask)
        return stream_response(_events(request, asked, head, begun, pieces))
    (said,) = await desk.answers(request, ask)
    made = _whole(asked, head, f"msg_{uuid4().hex}", said.answer)
    if asked.store:
        keep(request, made, begun, spoken(said.answer.text, ask.tools), items.told(asked.given))
    return json_response(made)


def read(data: object, limits: ServerLimits) -> ResponsesRequest:
    """The request that a body spells. Raises: Refusal, naming the field."""
    with Fields(data) as fields:
        model = fields.text("model")
        system = fields.text("instructions", "")
        given = fields.take("input")
        calls = items.Calls()
        talk = items.drafts(given, limits, calls)
        asked = wishes(fields, max_tokens="max_output_tokens", temperature="temperature", top_p="top_p")
        stream = fields.flag("stream")
        with fields.table("text") as text:
            form = named_form(text, "format")
            text.only("verbosity", "medium", otherwise="it cannot be honoured")
        previous = fields.text("previous_response_id", None)
        store = fields.flag("store", True)
        told = {name: fields.take(name) for name in ("metadata", "user") if name in fields}
        raw = data if isinstance(data, dict) else {}
        repeated = {"tools": raw.get("tools") or [], "tool_choice": raw.get("tool_choice") or "auto"}
        tools = toolbox(fields, flat=True)
        told |= {**repeated, "parallel_tool_calls": tools is None or tools.parallel}
        _refuse(fields)
    ask = Ask(model, talk, asked, form=form, tools=tools)
    return ResponsesRequest(ask, stream, system, given, previous, store, told, calls)


def _refuse(fields: Fields) -> None:
    fields.inert("prompt_cache_key", "safety_identifier")
    fields.only("conversation", otherwise="talks go on by previous_response_id")
    fields.only("background", False, otherwise="answers are waited for")
    for name in ("include", "reasoning", "prompt", "max_tool_calls", "context_management"):
        fields.only(name, False, otherwise="it cannot be honoured")
    fields.only("service_tier", "auto", "default", otherwise="there is one tier")
    fields.only("truncation", "disabled", otherwise="no talk is ever cut")
    fields.only("top_logprobs", 0, otherwise="log-probabilities are given by chat completions")
    with fields.table("stream_options") as options:
        options.only("include_obfuscation", False, otherwise="it cannot be honoured")


def _head(asked: ResponsesRequest) -> dict[str, Any]:
    return {
        "id": f"resp_{uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "model": asked.ask.model,
        "instructions": asked.system or None,
        "previous_response_id": asked.previous,
        "store": asked.store,
        **asked.told,
        "error": None,
        "incomplete_details": None,
        "status": "in_progress",
        "output": [],
    }


def _whole(asked: ResponsesRequest, head: dict[str, Any], message_id: str, answer: Answer) -> dict[str, Any]:
    status = "incomplete" if answer.finish_reason == "length" else "completed"
    usage = answer.usage
    return {
        **head,
        "status": status,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "output": items.output(spoken(answer.text, asked.ask.tools), message_id, status),
        "usage": {
            "input_tokens": usage.prompt_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": usage.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        },
        "sensorium": known(answer),
    }


async def _events(
    request: Request,
    asked: ResponsesRequest,
    head: dict[str, Any],
    begun: Turn,
    pieces: AsyncGenerator[Piece, None],
) -> AsyncGenerator[bytes, None]:
    """The stream of an answer, every event with a name and a number."""
    events = Events(asked.ask.tools)
    try:
        yield events.named("created", response=head)
        yield events.named("in_progress", response=head)
        for each in events.begin():
            yield each
        async for _, said, _ in pieces:
            for each in events.push(said.text):
                yield each
            if said.answer is None:
                continue
            whole = _whole(asked, head, "", said.answer)
            for each in events.finish(whole["status"]):
                yield each
            whole["output"] = events.output
            if asked.store:
                keep(request, whole, begun, spoken(said.answer.text, asked.ask.tools), items.told(asked.given))
            yield events.named(whole["status"], response=whole)
    except SensoriumError as error:
        tell_failure("stream failed", error, id=visit_of(request).id)
        yield events.failed(fault_of(error))
    finally:
        await pieces.aclose()
