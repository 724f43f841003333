"""POST /v1/responses: https://platform.openai.com/docs/api-reference/responses. Nothing is stored."""

import time
from collections.abc import AsyncGenerator
from itertools import count
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from sensorium.chat.message import Answer, Role, Text
from sensorium.core.errors import SensoriumError
from sensorium.serving.asking import Ask, wishes
from sensorium.serving.desk import Desk, Piece
from sensorium.serving.drafts import Draft, Given, inline
from sensorium.serving.faults import fault_of
from sensorium.serving.fields import Fields, refused
from sensorium.serving.forms import named_form
from sensorium.serving.limits import ServerLimits
from sensorium.serving.log import tell_failure
from sensorium.serving.openai.errors import body
from sensorium.serving.openai.parts import NO_DETAIL, file
from sensorium.serving.streams import event, json_response, known, stream_response
from sensorium.serving.visit import visit_of

NO_TOOLS = "no tools can be called here"
NOT_KEPT = "responses are not kept here; send the whole talk as input"

_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


async def responses(request: Request) -> Response:
    """Answer a talk."""
    desk: Desk = request.app.state.desk
    ask, stream = read(await desk.json(request), desk.limits)
    head = _head(ask)
    if stream:
        return stream_response(_events(request, head, await desk.pieces(request, ask)))
    (said,) = await desk.answers(request, ask)
    return json_response(_whole(head, f"msg_{uuid4().hex}", said.answer))


def read(data: object, limits: ServerLimits) -> tuple[Ask, bool]:
    """The request that a body spells, and whether it is to be streamed. Raises: Refusal, naming the field."""
    with Fields(data) as fields:
        model = fields.text("model")
        system = fields.text("instructions", "")
        talk = [Draft("system", (Text(system),))] if system else []
        if isinstance(given := fields.take("input"), str):
            talk.append(Draft("user", (Text(given),)))
        else:
            with Fields({"input": given}) as inner:
                talk += [_draft(each, limits) for each in inner.tables("input", most=limits.messages, needed=True)]
        asked = wishes(fields, max_tokens="max_output_tokens", temperature="temperature", top_p="top_p")
        stream = fields.flag("stream")
        with fields.table("text") as text:
            form = named_form(text, "format")
            text.only("verbosity", "medium", otherwise="it cannot be honoured")
        _refuse(fields)
        return Ask(model, tuple(talk), asked, form=form), stream


def _refuse(fields: Fields) -> None:
    fields.inert("user", "metadata", "prompt_cache_key", "safety_identifier")
    fields.only("store", False, otherwise=NOT_KEPT)
    for name in ("previous_response_id", "conversation"):
        fields.only(name, otherwise=NOT_KEPT)
    for name in ("background", "include", "reasoning", "prompt", "max_tool_calls"):
        fields.only(name, False, otherwise="it cannot be honoured")
    fields.only("tools", otherwise=NO_TOOLS)
    fields.only("tool_choice", "none", "auto", otherwise=NO_TOOLS)
    fields.only("parallel_tool_calls", True, False, otherwise=NO_TOOLS)
    fields.only("service_tier", "auto", "default", otherwise="there is one tier")
    fields.only("truncation", "disabled", otherwise="no talk is ever cut")
    fields.only("top_logprobs", 0, otherwise="log-probabilities are given by chat completions")


def _draft(item: Fields, limits: ServerLimits) -> Draft:
    item.word("type", ("message",), "message")
    role = item.word("role", ("system", "developer", "user", "assistant"))
    item.inert("id", "status", "sensorium")
    content = item.take("content")
    if isinstance(content, str):
        return Draft(_ROLES[role], (Text(content),))
    with Fields({"content": content}, item.path) as holder:
        parts = tuple(_part(each, role) for each in holder.tables("content", most=limits.messages, needed=True))
    return Draft(_ROLES[role], parts)


def _part(part: Fields, role: str) -> Text | Given:
    kinds = ("input_text", "output_text", "input_image", "input_file", "input_audio")
    kind = part.word("type", kinds)
    if kind in ("input_text", "output_text"):
        part.only("annotations", otherwise="it cannot be given back to this model")
        part.only("logprobs", otherwise="it cannot be given back to this model")
        return Text(part.text("text"))
    if role != "user":
        raise refused(part.path, f"a {kind} of the {role}", "media from the user alone")
    if kind == "input_image":
        part.only("detail", "auto", "high", "original", otherwise=NO_DETAIL)
        part.only("file_id", otherwise="files cannot be kept on this server")
        return Given(part.at("image_url"), part.text("image_url"), "image")
    if kind == "input_audio":
        with part.table("input_audio") as inner:
            form = inner.word("format", ("wav", "mp3", "flac", "ogg", "m4a", "webm"))
            return inline(inner.path, inner.text("data"), f"audio/{form}", "audio")
    if "file_url" in part:
        return Given(part.at("file_url"), part.text("file_url"))
    return file(part)


def _head(ask: Ask) -> dict[str, Any]:
    return {
        "id": f"resp_{uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "model": ask.model,
        "store": False,
        "parallel_tool_calls": False,
        "tool_choice": "none",
        "tools": [],
        "error": None,
        "incomplete_details": None,
        "status": "in_progress",
        "output": [],
    }


def _text(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _message(id_: str, status: str, *content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "id": id_, "role": "assistant", "status": status, "content": list(content)}


def _whole(head: dict[str, Any], id_: str, answer: Answer) -> dict[str, Any]:
    status = "incomplete" if answer.finish_reason == "length" else "completed"
    usage = answer.usage
    return {
        **head,
        "status": status,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "output": [_message(id_, status, _text(answer.text))],
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
    request: Request, head: dict[str, Any], pieces: AsyncGenerator[Piece, None]
) -> AsyncGenerator[bytes, None]:
    """The stream of an answer, every event with a name and a number."""
    id_, numbers = f"msg_{uuid4().hex}", count()
    place = {"item_id": id_, "output_index": 0, "content_index": 0}

    def named(kind: str, **told: Any) -> bytes:
        return event({"type": f"response.{kind}", "sequence_number": next(numbers), **told}, f"response.{kind}")

    try:
        yield named("created", response=head)
        yield named("in_progress", response=head)
        yield named("output_item.added", output_index=0, item=_message(id_, "in_progress"))
        yield named("content_part.added", **place, part=_text(""))
        async for _, said, _ in pieces:
            if said.text:
                yield named("output_text.delta", **place, delta=said.text, logprobs=[])
            if said.answer is not None:
                whole = _whole(head, id_, said.answer)
                yield named("output_text.done", **place, text=said.answer.text, logprobs=[])
                yield named("content_part.done", **place, part=_text(said.answer.text))
                yield named("output_item.done", output_index=0, item=whole["output"][0])
                yield named(whole["status"], response=whole)
    except SensoriumError as error:
        tell_failure("stream failed", error, id=visit_of(request).id)
        told = body(fault_of(error))["error"]
        error_event = {"type": "error", "sequence_number": next(numbers), "code": told["code"] or told["type"]}
        yield event({**error_event, "message": told["message"], "param": told["param"]}, "error")
    finally:
        await pieces.aclose()
