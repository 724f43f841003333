"""POST /v1/messages and /v1/messages/count_tokens: https://docs.anthropic.com/en/api/messages."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from sensorium.chat.message import Answer
from sensorium.core.errors import SensoriumError
from sensorium.engine.stopping import LONGEST_STOP, MOST_STOPS
from sensorium.serving.anthropic.answers import Events, Read, content, ending, named
from sensorium.serving.anthropic.blocks import Blocks, Paper
from sensorium.serving.anthropic.errors import body
from sensorium.serving.anthropic.tools import toolbox
from sensorium.serving.asking import Ask, wishes
from sensorium.serving.desk import Desk, Piece, while_there
from sensorium.serving.faults import fault_of
from sensorium.serving.fields import Fields, refused
from sensorium.serving.forms import named_form
from sensorium.serving.limits import ServerLimits
from sensorium.serving.log import tell_failure
from sensorium.serving.streams import event, json_response, known, stream_response
from sensorium.serving.visit import visit_of


@dataclass(frozen=True)
class MessagesRequest:
    """A request as it was read. papers: the documents that the answer is to cite; None for no citations."""

    ask: Ask
    stream: bool
    papers: tuple[Paper, ...] | None


async def messages(request: Request) -> Response:
    """Answer a talk."""
    desk: Desk = request.app.state.desk
    asked = read(await desk.json(request), desk.limits)
    papers = await _read_papers(request, asked)
    head = {"id": f"msg_{uuid4().hex}", "type": "message", "role": "assistant", "model": asked.ask.model}
    if asked.stream:
        pieces = await desk.pieces(request, asked.ask)
        return stream_response(_events(request, head, pieces, Events(asked.ask.tools, papers)))
    (said,) = await desk.answers(request, asked.ask)
    blocks = content(said.answer.text, asked.ask.tools, papers)
    called = any(block["type"] == "tool_use" for block in blocks)
    return json_response(
        {
            **head,
            "content": blocks,
            **ending(said.answer, said.stopped_by, called=called),
            "usage": {**_prompt(said.answer), "output_tokens": said.answer.usage.completion_tokens},
            "sensorium": known(said.answer),
        }
    )


async def count_tokens(request: Request) -> Response:
    """Count the tokens of a talk, media and tools included."""
    desk: Desk = request.app.state.desk
    with Fields(await desk.json(request)) as fields:
        ask = Ask(fields.text("model"), Blocks(desk.limits).drafts(fields), tools=toolbox(fields))
        fields.inert("output_config")  # of the answer, which is not made
        _refuse(fields)
    return json_response({"input_tokens": await desk.count(request, ask)})


def read(data: object, limits: ServerLimits) -> MessagesRequest:
    """The request that a body spells. Raises: Refusal, naming the field."""
    blocks = Blocks(limits)
    with Fields(data) as fields:
        model = fields.text("model")
        talk = blocks.drafts(fields)
        if "max_tokens" not in fields:
            raise refused("max_tokens", "it is missing", "a number")
        asked = wishes(fields, max_tokens="max_tokens", temperature="temperature", top_p="top_p", top_k="top_k")
        stops = fields.texts("stop_sequences", most=MOST_STOPS, longest=LONGEST_STOP)
        stream = fields.flag("stream")
        with fields.table("output_config") as config:
            form = named_form(config, "format")
        tools = toolbox(fields)
        _refuse(fields)
    if blocks.cited and form is not None:
        raise refused("output_config.format", "the answer has a form, and is to cite", "one of the two")
    ask = Ask(model, talk, asked, stops, form=form, tools=tools)
    return MessagesRequest(ask, stream, tuple(blocks.papers) if blocks.cited else None)


async def _read_papers(request: Request, asked: MessagesRequest) -> Read | None:
    """The documents that are to be cited, with the text of each page. Raises: SensoriumError."""
    if asked.papers is None:
        return None
    desk: Desk = request.app.state.desk
    desk.check(asked.ask)
    return await while_there(request, _pages(request, desk, asked.papers))


async def _pages(request: Request, desk: Desk, papers: Sequence[Paper]) -> Read:
    made: list[tuple[Paper, tuple[str, ...]]] = []
    for paper in papers:
        source = paper.source
        made.append((paper, (source,) if isinstance(source, str) else await desk.page_texts(request, source)))
    return tuple(made)


def _refuse(fields: Fields) -> None:
    fields.inert("metadata", "cache_control")
    fields.only("service_tier", "auto", "standard_only", otherwise="there is one tier")
    fields.only("thinking", {"type": "disabled"}, otherwise="this model does not think aloud")


def _prompt(answer: Answer | None) -> dict[str, int]:
    tokens = 0 if answer is None else answer.usage.prompt_tokens
    return {"input_tokens": tokens, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}


async def _events(
    request: Request, head: dict[str, Any], pieces: AsyncGenerator[Piece, None], blocks: Events
) -> AsyncGenerator[bytes, None]:
    """The stream of an answer; tokens of the prompt are known, and told, at its end."""
    try:
        start = {**head, "content": [], "stop_reason": None, "stop_sequence": None}
        yield named("message_start", message={**start, "usage": {**_prompt(None), "output_tokens": 0}})
        for each in blocks.begin():
            yield each
        yield named("ping")
        async for _, said, _ in pieces:
            for each in blocks.push(said.text):
                yield each
            if said.answer is not None:
                for each in blocks.finish():
                    yield each
                yield named(
                    "message_delta",
                    delta=ending(said.answer, said.stopped_by, called=blocks.called),
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
