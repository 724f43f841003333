"""POST /v1/chat/completions: https://platform.openai.com/docs/api-reference/chat."""

import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from sensorium.chat.message import Answer, Usage
from sensorium.core.errors import SensoriumError
from sensorium.engine.sampling import MOST_BIASED
from sensorium.engine.stopping import LONGEST_STOP, MOST_STOPS
from sensorium.runtime.protocol import StreamEvent
from sensorium.serving.asking import Ask, Wish, wishes
from sensorium.serving.desk import Desk, Piece, Said
from sensorium.serving.faults import fault_of
from sensorium.serving.fields import Fields, refused
from sensorium.serving.forms import named_form
from sensorium.serving.limits import ServerLimits
from sensorium.serving.log import tell_failure
from sensorium.serving.openai.errors import body
from sensorium.serving.openai.log_probs import log_probs_of, told
from sensorium.serving.openai.parts import drafts
from sensorium.serving.streams import event, json_response, known, stream_response
from sensorium.serving.visit import visit_of

NO_TOOLS = "no tools can be called here"


@dataclass(frozen=True)
class ChatRequest:
    """A request as it was read: `usage` asks for counts at the end of a stream, `log_probs` for those of tokens."""

    ask: Ask
    stream: bool
    usage: bool
    log_probs: bool


async def chat_completions(request: Request) -> Response:
    """Answer a talk."""
    desk: Desk = request.app.state.desk
    asked = read(await desk.json(request), desk.limits)
    head = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": asked.ask.model}
    if asked.stream:
        pieces = await desk.pieces(request, asked.ask)
        return stream_response(_chunks(request, asked, head, pieces))
    said = await desk.answers(request, asked.ask)
    return json_response(
        {
            **head,
            "object": "chat.completion",
            "choices": [_choice(index, each, asked.log_probs) for index, each in enumerate(said)],
            "usage": _usage([each.answer for each in said]),
            "sensorium": known(said[0].answer),
        }
    )


def read(data: object, limits: ServerLimits) -> ChatRequest:
    """The request that a body spells. Raises: Refusal, which names the field that cannot be honoured."""
    with Fields(data) as fields:
        model = fields.text("model")
        talk = drafts(fields, limits)
        longest = "max_completion_tokens" if "max_completion_tokens" in fields else "max_tokens"
        asked = wishes(
            fields,
            max_tokens=longest,
            temperature="temperature",
            seed="seed",
            top_p="top_p",
            top_k="top_k",
            min_p="min_p",
            repetition_penalty="repetition_penalty",
            presence_penalty="presence_penalty",
            frequency_penalty="frequency_penalty",
        )
        log_probs, bias = log_probs_of(fields), _bias(fields)
        stops = fields.texts("stop", most=MOST_STOPS, longest=LONGEST_STOP)
        count = fields.integer("n", 1, limits.answers) or 1
        stream = fields.flag("stream")
        with fields.table("stream_options") as options:
            usage = options.flag("include_usage")
            options.only("include_obfuscation", False, otherwise="it cannot be honoured")
        form = named_form(fields, "response_format")
        _refuse(fields)
        wished = (*asked, *bias, *([] if log_probs is None else [log_probs]))
        return ChatRequest(Ask(model, talk, wished, stops, count, form), stream, usage, log_probs is not None)


def _refuse(fields: Fields) -> None:
    """Take what asks for nothing, and refuse what cannot be honoured, each for its own reason."""
    fields.inert("user", "metadata", "prompt_cache_key", "safety_identifier")
    fields.only("service_tier", "auto", "default", otherwise="there is one tier")
    fields.only("store", False, otherwise="completions are not kept")
    fields.only("tools", otherwise=NO_TOOLS)
    fields.only("functions", otherwise=NO_TOOLS)
    fields.only("tool_choice", "none", "auto", otherwise=NO_TOOLS)
    fields.only("parallel_tool_calls", True, False, otherwise=NO_TOOLS)
    fields.only("modalities", ["text"], otherwise="answers are text")
    fields.only("audio", otherwise="answers are text")


def _bias(fields: Fields) -> list[Wish]:
    """What is added to the scores of tokens, which JSON can but name by strings."""
    with fields.table("logit_bias") as table:
        names = list(table)
        if len(names) > MOST_BIASED:
            raise refused("logit_bias", f"{len(names)} tokens", f"at most {MOST_BIASED}")
        if wrong := [name for name in names if not name.isdecimal() or len(name) > 9]:
            raise refused("logit_bias", f"got the token {wrong[0][:20]!a}", "an id of the model's vocabulary")
        bias = {int(name): value for name in names if (value := table.number(name, -100, 100)) is not None}
    return [Wish("logit_bias", bias, "logit_bias")] if bias else []


def _choice(index: int, said: Said, log_probs: bool) -> dict[str, Any]:
    tokens = [token for each in said.events for token in each.tokens]
    return {
        "index": index,
        "message": {"role": "assistant", "content": said.answer.text, "refusal": None},
        "logprobs": told(tokens, said.spell) if log_probs else None,
        "finish_reason": _finish(said.answer),
    }


def _finish(answer: Answer) -> str:
    return "length" if answer.finish_reason == "length" else "stop"


def _usage(answers: list[Answer]) -> dict[str, int]:
    """Tokens of all answers; the prompt, which they share, counts once."""
    usage = Usage(answers[0].usage.prompt_tokens, sum(each.usage.completion_tokens for each in answers))
    return {**vars(usage), "total_tokens": usage.prompt_tokens + usage.completion_tokens}


async def _chunks(
    request: Request, asked: ChatRequest, head: dict[str, Any], pieces: AsyncGenerator[Piece, None]
) -> AsyncGenerator[bytes, None]:
    """The stream of an answer. A failure after its start is one event with the error."""
    head = {**head, "object": "chat.completion.chunk"}
    answers: list[Answer] = []
    begun: set[int] = set()
    try:
        async for index, said, spell in pieces:
            log_probs = told(said.tokens, spell) if asked.log_probs and said.tokens else None
            choice = {"index": index, "delta": _delta(said, index not in begun), "logprobs": log_probs}
            begun.add(index)
            extra: dict[str, Any] = {}
            if said.answer is not None:
                answers.append(said.answer)
                extra = {"sensorium": known(said.answer)}
            finish = None if said.answer is None else _finish(said.answer)
            yield event({**head, "choices": [{**choice, "finish_reason": finish}], **extra})
        if asked.usage:
            yield event({**head, "choices": [], "usage": _usage(answers)})
        yield b"data: [DONE]\n\n"
    except SensoriumError as error:
        tell_failure("stream failed", error, id=visit_of(request).id)
        yield event(body(fault_of(error)))
    finally:
        await pieces.aclose()


def _delta(said: StreamEvent, first: bool) -> dict[str, str]:
    role = {"role": "assistant"} if first else {}
    return {**role, "content": said.text} if said.text or first else role
