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
from sensorium.serving.calls import CallReader, spoken
from sensorium.serving.desk import Desk, Piece, Said
from sensorium.serving.faults import fault_of
from sensorium.serving.fields import Fields, refused
from sensorium.serving.forms import named_form
from sensorium.serving.limits import ServerLimits
from sensorium.serving.log import tell_failure
from sensorium.serving.openai.errors import body
from sensorium.serving.openai.log_probs import log_probs_of, told
from sensorium.serving.openai.parts import drafts
from sensorium.serving.openai.tools import delta, message_of, toolbox
from sensorium.serving.streams import event, json_response, known, stream_response
from sensorium.serving.tools import Toolbox
from sensorium.serving.visit import visit_of


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
            "choices": [_choice(index, each, asked) for index, each in enumerate(said)],
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
        tools = toolbox(fields)
        _refuse(fields)
        wished = (*asked, *bias, *([] if log_probs is None else [log_probs]))
        return ChatRequest(Ask(model, talk, wished, stops, count, form, tools), stream, usage, log_probs is not None)


def _refuse(fields: Fields) -> None:
    """Take what asks for nothing, and refuse what cannot be honoured, each for its own reason."""
    fields.inert("user", "metadata", "prompt_cache_key", "safety_identifier")
    fields.only("service_tier", "auto", "default", otherwise="there is one tier")
    fields.only("store", False, otherwise="completions are not kept")
    fields.only("functions", otherwise="functions are given as tools")
    fields.only("function_call", "none", "auto", otherwise="functions are given as tools")
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


def _choice(index: int, said: Said, asked: ChatRequest) -> dict[str, Any]:
    tokens = [token for each in said.events for token in each.tokens]
    found = spoken(said.answer.text, asked.ask.tools)
    return {
        "index": index,
        "message": message_of(found),
        "logprobs": told(tokens, said.spell) if asked.log_probs else None,
        "finish_reason": _finish(said.answer, called=bool(found.calls)),
    }


def _finish(answer: Answer, *, called: bool) -> str:
    if answer.finish_reason == "length":
        return "length"
    return "tool_calls" if called else "stop"


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
    streams: dict[int, _Deltas] = {}
    try:
        async for index, said, spell in pieces:
            deltas = streams.setdefault(index, _Deltas(asked.ask.tools))
            log_probs = told(said.tokens, spell) if asked.log_probs and said.tokens else None
            *before, last = deltas.of(said)
            for each in before:
                yield event({**head, "choices": [_chunk(index, each)]})
            choice = {**_chunk(index, last), "logprobs": log_probs}
            extra: dict[str, Any] = {}
            if said.answer is not None:
                answers.append(said.answer)
                choice["finish_reason"] = _finish(said.answer, called=deltas.called)
                extra = {"sensorium": known(said.answer)}
            yield event({**head, "choices": [choice], **extra})
        if asked.usage:
            yield event({**head, "choices": [], "usage": _usage(answers)})
        yield b"data: [DONE]\n\n"
    except SensoriumError as error:
        tell_failure("stream failed", error, id=visit_of(request).id)
        yield event(body(fault_of(error)))
    finally:
        await pieces.aclose()


def _chunk(index: int, delta_: dict[str, Any]) -> dict[str, Any]:
    return {"index": index, "delta": delta_, "logprobs": None, "finish_reason": None}


class _Deltas:
    """What the pieces of one answer add to it."""

    def __init__(self, box: Toolbox | None) -> None:
        self._reader = None if box is None else CallReader(box)
        self._begun = False

    @property
    def called(self) -> bool:
        """Whether a tool was called."""
        return self._reader is not None and self._reader.called

    def of(self, said: StreamEvent) -> list[dict[str, Any]]:
        """The deltas of a piece, at least one; the first of all names the speaker."""
        if self._reader is None:
            found: list[dict[str, Any]] = [{"content": said.text}] if said.text else []
        else:
            heard = [*self._reader.push(said.text), *(() if said.answer is None else self._reader.finish())]
            found = [delta(each) for each in heard]
        if not self._begun:
            first: dict[str, Any] = {"role": "assistant", "content": None if self.called else ""}
            found = [first | (found[0] if found else {}), *found[1:]]
            self._begun = True
        return found or [{}]
