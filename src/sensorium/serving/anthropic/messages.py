"""POST /v1/messages and /v1/messages/count_tokens: https://docs.anthropic.com/en/api/messages."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from sensorium.chat.message import Answer
from sensorium.core.errors import SensoriumError
from sensorium.engine.stopping import LONGEST_STOP, MOST_STOPS
from sensorium.serving.anthropic.blocks import drafts
from sensorium.serving.anthropic.errors import body
from sensorium.serving.asking import Ask, wishes
from sensorium.serving.desk import Desk, Piece
from sensorium.serving.faults import fault_of
from sensorium.serving.fields import Fields, refused
from sensorium.serving.forms import named_form
from sensorium.serving.limits import ServerLimits
from sensorium.serving.log import tell_failure
from sensorium.serving.streams import event, json_response, known, stream_response
from sensorium.serving.visit import visit_of

NO_TOOLS = "no tools can be called here"


async def messages(request: Request) -> Response:
    """Answer a talk."""
    desk: Desk = request.app.state.desk
    ask, stream = read(await desk.json(request), desk.limits)
    head = {"id": f"msg_{uuid4().hex}", "type": "message", "role": "assistant", "model": ask.model}
    if stream:
        return stream_response(_events(request, head, await desk.pieces(request, ask)))
    (said,) = await desk.answers(request, ask)
    return json_response(
        {
            **head,
            "content": [{"type": "text", "text": said.answer.text, "citations": None}],
            **_ending(said.answer, said.stopped_by),
            "usage": {**_prompt(said.answer), "output_tokens": said.answer.usage.completion_tokens},
            "sensorium": known(said.answer),
        }
    )


async def count_tokens(request: Request) -> Response:
    """Count the tokens of a talk, media included."""
    desk: Desk = request.app.state.desk
    with Fields(await desk.json(request)) as fields:
        ask = Ask(fields.text("model"), drafts(fields, desk.limits))
        fields.inert("output_config")  # of the answer, which is not made
        _refuse(fields)
    return json_response({"input_tokens": await desk.count(request, ask)})


def read(data: object, limits: ServerLimits) -> tuple[Ask, bool]:
    """The request that a body spells, and whether it is to be streamed. Raises: Refusal, naming the field."""
    with Fields(data) as fields:
        model = fields.text("model")
        talk = drafts(fields, limits)
        if "max_tokens" not in fields:
            raise refused("max_tokens", "it is missing", "a number")
        asked = wishes(fields, max_tokens="max_tokens", temperature="temperature", top_p="top_p", top_k="top_k")
        stops = fields.texts("stop_sequences", most=MOST_STOPS, longest=LONGEST_STOP)
        stream = fields.flag("stream")
        with fields.table("output_config") as config:
            form = named_form(config, "format")
        _refuse(fields)
        return Ask(model, talk, asked, stops, form=form), stream


def _refuse(fields: Fields) -> None:
    fields.inert("metadata", "cache_control")
    fields.only("service_tier", "auto", "standard_only", otherwise="there is one tier")
    fields.only("tools", otherwise=NO_TOOLS)
    fields.only("tool_choice", {"type": "auto"}, {"type": "none"}, otherwise=NO_TOOLS)
    fields.only("thinking", {"type": "disabled"}, otherwise="this model does not think aloud")


def _ending(answer: Answer, stopped_by: str | None) -> dict[str, Any]:
    reason = "max_tokens" if answer.finish_reason == "length" else "end_turn"
    return {"stop_reason": "stop_sequence" if stopped_by else reason, "stop_sequence": stopped_by}


def _prompt(answer: Answer | None) -> dict[str, int]:
    tokens = 0 if answer is None else answer.usage.prompt_tokens
    return {"input_tokens": tokens, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}


async def _events(
    request: Request, head: dict[str, Any], pieces: AsyncGenerator[Piece, None]
) -> AsyncGenerator[bytes, None]:
    """The stream of an answer; tokens of the prompt are known, and told, at its end."""

    def named(kind: str, **told: Any) -> bytes:
        return event({"type": kind, **told}, kind)

    try:
        start = {**head, "content": [], "stop_reason": None, "stop_sequence": None}
        yield named("message_start", message={**start, "usage": {**_prompt(None), "output_tokens": 0}})
        yield named("content_block_start", index=0, content_block={"type": "text", "text": ""})
        yield named("ping")
        async for _, said, _ in pieces:
            if said.text:
                yield named("content_block_delta", index=0, delta={"type": "text_delta", "text": said.text})
            if said.answer is not None:
                yield named("content_block_stop", index=0)
                yield named(
                    "message_delta",
                    delta=_ending(said.answer, said.stopped_by),
                    usage={**_prompt(said.answer), "output_tokens": said.answer.usage.completion_tokens},
                    sensorium=known(said.answer),
                )
        yield named("message_stop")
    except SensoriumError as error:
        id_ = visit_of(request).id
        tell_failure("stream failed", error, id=id_)
        yield event(body(fault_of(error), id_), "error")
    finally:
        await pieces.aclose()
