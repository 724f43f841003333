"""POST /api/chat and /api/generate: https://github.com/ollama/ollama/blob/main/docs/api.md."""

import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from sensorium.chat.message import Answer, Text
from sensorium.core.errors import SensoriumError
from sensorium.engine.forms import Form
from sensorium.engine.stopping import LONGEST_STOP, MOST_STOPS
from sensorium.serving.asking import Ask, wishes
from sensorium.serving.calls import spoken, whole
from sensorium.serving.desk import Desk, Piece
from sensorium.serving.drafts import Draft, Given, inline
from sensorium.serving.faults import fault_of
from sensorium.serving.fields import Fields, refused
from sensorium.serving.forms import ANY_OBJECT, schema_form
from sensorium.serving.limits import ServerLimits
from sensorium.serving.log import tell_failure
from sensorium.serving.ollama.errors import body
from sensorium.serving.openai.tools import toolbox
from sensorium.serving.streams import json_response, known, line, stream_response
from sensorium.serving.tools import Toolbox, call_part, check_called, joined, result_parts
from sensorium.serving.visit import visit_of

ROLES: tuple[Literal["system", "user", "assistant", "tool"], ...] = ("system", "user", "assistant", "tool")
HINTS = ("num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "num_keep", "use_mmap", "low_vram", "numa")
"""Options about the machine, which change no answer: no talk is ever cut to fit."""

Shape = Callable[[str], dict[str, Any]]


async def chat(request: Request) -> Response:
    """Answer a talk."""
    desk: Desk = request.app.state.desk
    with Fields(await desk.json(request)) as fields:
        talk = _talk(fields, desk.limits)
        tools = toolbox(fields)
        ask, stream = _read(fields, talk)
    return await _respond(request, replace(ask, tools=tools), stream, partial(_spoken, tools))


async def generate(request: Request) -> Response:
    """Answer one question."""
    desk: Desk = request.app.state.desk
    with Fields(await desk.json(request)) as fields:
        system = fields.text("system", "")
        question = Draft("user", (*images(fields, desk.limits), Text(fields.text("prompt", ""))))
        for name in ("suffix", "template", "context"):
            fields.only(name, "", otherwise="talks are put together in the model's own way")
        fields.only("raw", False, otherwise="talks are put together in the model's own way")
        ask, stream = _read(fields, (Draft("system", (Text(system),)), question) if system else (question,))
    return await _respond(request, ask, stream, lambda text: {"response": text})


def model_id(name: str) -> str:
    """The id of a model, without the tag that clients add where none was given."""
    return name.removesuffix(":latest")


def _talk(fields: Fields, limits: ServerLimits) -> tuple[Draft, ...]:
    called: set[str] = set()
    return joined([_message(each, limits, called) for each in fields.tables("messages", most=limits.messages)])


def _message(message: Fields, limits: ServerLimits, called: set[str]) -> Draft:
    """One message. Args: called: names of the tools that were called before it, to which its own are added."""
    role = message.word("role", ROLES)
    message.only("thinking", "", otherwise="thoughts cannot be given back to this model")
    words = Text(message.text("content", ""))
    if role == "tool":
        message.inert("tool_call_id")  # calls have none here
        name = message.text("tool_name", next(iter(called), ""))
        check_called(name, called, message.at("tool_name"))
        return Draft("user", result_parts((*images(message, limits), words)))
    calls = [_call(each, called) for each in message.tables("tool_calls", most=limits.messages)]
    if calls and role != "assistant":
        raise refused(message.at("tool_calls"), f"calls of the {role}", "calls of the assistant alone")
    return Draft(role, (*images(message, limits), words, *calls))


def _call(call: Fields, called: set[str]) -> Text:
    call.inert("id", "type")
    with call.table("function") as function:
        function.inert("index")
        with function.table("arguments") as given:
            arguments = given.rest()
        name = function.text("name")
    called.add(name)
    return call_part(name, json.dumps(arguments, ensure_ascii=False))


def _spoken(tools: Toolbox | None, text: str) -> dict[str, Any]:
    """A message, its calls apart from its words."""
    words, calls = whole(spoken(text, tools))
    made = [{"function": {"name": call.name, "arguments": given}} for call, given in calls]
    return {"message": {"role": "assistant", "content": words, **({"tool_calls": made} if made else {})}}


def images(holder: Fields, limits: ServerLimits) -> list[Given]:
    """Media in base64: pictures, as the name says, and sounds and films as well."""
    data = holder.texts("images", most=limits.messages, longest=limits.body_bytes)
    return [inline(f"{holder.at('images')}[{index}]", each, "") for index, each in enumerate(data)]


def _read(fields: Fields, talk: tuple[Draft, ...]) -> tuple[Ask, bool]:
    """What both have in common, and whether it is to be streamed."""
    model = model_id(fields.text("model"))
    stream = fields.flag("stream", True)
    fields.inert("keep_alive")
    form = _form(fields)
    fields.only("think", False, otherwise="this model does not think aloud")
    fields.only("logprobs", False, otherwise="log-probabilities are not given")
    fields.only("top_logprobs", 0, otherwise="log-probabilities are not given")
    with fields.table("options") as options:
        options.inert(*HINTS)
        options.unset("num_predict", -1, -2)
        asked = wishes(
            options,
            max_tokens="num_predict",
            temperature="temperature",
            seed="seed",
            top_p="top_p",
            top_k="top_k",
            min_p="min_p",
            repetition_penalty="repeat_penalty",
            presence_penalty="presence_penalty",
            frequency_penalty="frequency_penalty",
        )
        stops = options.texts("stop", most=MOST_STOPS, longest=LONGEST_STOP)
    return Ask(model, talk, asked, stops, form=form), stream


def _form(fields: Fields) -> Form | None:
    """Any object for "json", or JSON of a schema."""
    fields.unset("format", "")
    if "format" not in fields:
        return None
    fields.unset("format", "json")
    return schema_form(fields, "format") if "format" in fields else ANY_OBJECT


async def _respond(request: Request, ask: Ask, stream: bool, shape: Shape) -> Response:
    desk: Desk = request.app.state.desk
    if stream:
        pieces = await desk.pieces(request, ask)
        return stream_response(_lines(request, ask, shape, pieces), "application/x-ndjson")
    (said,) = await desk.answers(request, ask)
    return json_response({**_head(ask), **shape(said.answer.text), **_tail(said.answer)})


def _head(ask: Ask) -> dict[str, Any]:
    return {"model": ask.model, "created_at": datetime.now(UTC).isoformat()}


def _tail(answer: Answer) -> dict[str, Any]:
    """Counts, and nanoseconds."""
    first, total = round(answer.timings.first_token * 1e9), round(answer.timings.total * 1e9)
    return {
        "done": True,
        "done_reason": "length" if answer.finish_reason == "length" else "stop",
        "total_duration": total,
        "load_duration": 0,
        "prompt_eval_count": answer.usage.prompt_tokens,
        "prompt_eval_duration": first,
        "eval_count": answer.usage.completion_tokens,
        "eval_duration": total - first,
        "sensorium": known(answer),
    }


async def _lines(
    request: Request, ask: Ask, shape: Shape, pieces: AsyncGenerator[Piece, None]
) -> AsyncGenerator[bytes, None]:
    try:
        async for _, said, _ in pieces:
            if ask.tools is not None:  # calls are told whole, so an answer that may hold some comes whole
                if said.answer is not None:
                    yield line({**_head(ask), **shape(said.answer.text), **_tail(said.answer)})
                continue
            tail = {"done": False} if said.answer is None else _tail(said.answer)
            yield line({**_head(ask), **shape(said.text), **tail})
    except SensoriumError as error:
        tell_failure("stream failed", error, id=visit_of(request).id)
        yield line(body(fault_of(error)))
    finally:
        await pieces.aclose()
