"""POST models/M:generateContent, :streamGenerateContent and :countTokens: https://ai.google.dev/api/generate-content."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from sensorium.chat.message import Answer, Usage
from sensorium.core.errors import SensoriumError
from sensorium.engine.forms import Form
from sensorium.engine.stopping import LONGEST_STOP, MOST_STOPS
from sensorium.serving.asking import Ask, wishes
from sensorium.serving.desk import Desk, Piece
from sensorium.serving.faults import fault_of
from sensorium.serving.fields import Fields, refused
from sensorium.serving.forms import ANY_OBJECT, schema_form
from sensorium.serving.gemini.contents import camel, drafts
from sensorium.serving.gemini.errors import body
from sensorium.serving.gemini.schemas import json_schema
from sensorium.serving.gemini.tools import parts_of, toolbox
from sensorium.serving.limits import ServerLimits
from sensorium.serving.log import tell_failure
from sensorium.serving.streams import event, json_response, known, stream_response, to_json
from sensorium.serving.visit import visit_of

UNFILTERED = ("BLOCK_NONE", "OFF")


async def generate_content(request: Request) -> Response:
    """Answer a talk."""
    desk: Desk = request.app.state.desk
    ask = read(await desk.json(request), request.path_params["model"], desk.limits)
    said = await desk.answers(request, ask)
    answers = [each.answer for each in said]
    candidates = [_candidate(index, parts_of(each.text, ask.tools), each) for index, each in enumerate(answers)]
    return json_response({**_head(ask), "candidates": candidates, **_tail(answers)})


async def stream_generate_content(request: Request) -> Response:
    """Answer a talk piece by piece: as events with alt=sse, else as one list."""
    desk: Desk = request.app.state.desk
    ask = read(await desk.json(request), request.path_params["model"], desk.limits)
    pieces = _pieces(request, ask, await desk.pieces(request, ask))
    if request.query_params.get("alt") == "sse":
        return stream_response(_events(pieces))
    return stream_response(_list(pieces), "application/json")


async def count_tokens(request: Request) -> Response:
    """Count the tokens of a talk, media included."""
    desk: Desk = request.app.state.desk
    model = request.path_params["model"]
    with Fields(camel(await desk.json(request))) as fields:
        if "generateContentRequest" in fields:
            ask = read(fields.take("generateContentRequest"), model, desk.limits)
        else:
            ask = Ask(model, drafts(fields, desk.limits), tools=toolbox(fields))
    return json_response({"totalTokens": await desk.count(request, ask)})


def read(data: object, model: str, limits: ServerLimits) -> Ask:
    """The request that a body spells. Raises: Refusal, which names the field that cannot be honoured."""
    with Fields(camel(data)) as fields:
        fields.only("model", model, f"models/{model}", otherwise="it is not the model of the path")
        talk = drafts(fields, limits)
        tools = toolbox(fields)
        fields.only("cachedContent", otherwise="nothing is kept between requests")
        fields.inert("labels")
        for setting in fields.tables("safetySettings", most=16):
            setting.inert("category")
            setting.only("threshold", *UNFILTERED, otherwise="nothing is filtered here")
        with fields.table("generationConfig") as config:
            return _configured(Ask(model, talk, tools=tools), config, limits)


def _configured(ask: Ask, config: Fields, limits: ServerLimits) -> Ask:
    asked = wishes(
        config,
        max_tokens="maxOutputTokens",
        temperature="temperature",
        seed="seed",
        top_p="topP",
        top_k="topK",
        presence_penalty="presencePenalty",
        frequency_penalty="frequencyPenalty",
    )
    count = config.integer("candidateCount", 1, limits.answers) or 1
    stops = config.texts("stopSequences", most=MOST_STOPS, longest=LONGEST_STOP)
    form = _form(config)
    config.only("responseModalities", ["TEXT"], otherwise="answers are text")
    config.only("responseLogprobs", False, otherwise="log-probabilities are not given")
    config.only("thinkingConfig", {"thinkingBudget": 0}, otherwise="this model does not think aloud")
    config.only(
        "mediaResolution", "MEDIA_RESOLUTION_UNSPECIFIED", otherwise="pictures are seen at the model's own size"
    )
    return replace(ask, wishes=asked, stops=stops, answers=count, form=form)


def _form(config: Fields) -> Form | None:
    """JSON where the type of the answer says so: any, or of a schema in one of two spellings. Raises: Refusal."""
    kind = config.word("responseMimeType", ("text/plain", "application/json"), "text/plain")
    given = [name for name in ("responseSchema", "responseJsonSchema") if name in config]
    if kind == "text/plain":
        for name in given:
            raise refused(config.at(name), "the answer is text/plain", "responseMimeType application/json")
        return None
    if len(given) > 1:
        raise refused(config.at(given[0]), f"it stands beside {given[1]}", "one of them")
    if not given:
        return ANY_OBJECT
    if given == ["responseJsonSchema"]:
        return schema_form(config, "responseJsonSchema")
    return Form.schema(json_schema(config.take("responseSchema"), config.at("responseSchema")))


def _head(ask: Ask) -> dict[str, Any]:
    return {"modelVersion": ask.model, "responseId": uuid4().hex}


def _candidate(index: int, parts: list[dict[str, Any]], answer: Answer | None) -> dict[str, Any]:
    made: dict[str, Any] = {"index": index, "content": {"role": "model", "parts": parts}}
    if answer is not None:
        made["finishReason"] = "MAX_TOKENS" if answer.finish_reason == "length" else "STOP"
    return made


def _tail(answers: list[Answer]) -> dict[str, Any]:
    usage = Usage(answers[0].usage.prompt_tokens, sum(each.usage.completion_tokens for each in answers))
    return {
        "usageMetadata": {
            "promptTokenCount": usage.prompt_tokens,
            "candidatesTokenCount": usage.completion_tokens,
            "totalTokenCount": usage.prompt_tokens + usage.completion_tokens,
        },
        "sensorium": known(answers[-1]),
    }


async def _pieces(
    request: Request, ask: Ask, pieces: AsyncGenerator[Piece, None]
) -> AsyncGenerator[dict[str, Any], None]:
    """The stream of answers. Where tools may be called, an answer comes whole: its calls are told whole here."""
    head = _head(ask)
    answers: list[Answer] = []
    try:
        async for index, said, _ in pieces:
            if ask.tools is not None and said.answer is None:
                continue
            parts = (
                [{"text": said.text}]
                if said.answer is None or ask.tools is None
                else parts_of(said.answer.text, ask.tools)
            )
            made = {**head, "candidates": [_candidate(index, parts, said.answer)]}
            if said.answer is not None:
                answers.append(said.answer)
                made |= _tail(answers)
            yield made
    except SensoriumError as error:
        tell_failure("stream failed", error, id=visit_of(request).id)
        yield body(fault_of(error))
    finally:
        await pieces.aclose()


async def _events(pieces: AsyncGenerator[dict[str, Any], None]) -> AsyncGenerator[bytes, None]:
    async for piece in pieces:
        yield event(piece)


async def _list(pieces: AsyncGenerator[dict[str, Any], None]) -> AsyncGenerator[bytes, None]:
    before = b"["
    async for piece in pieces:
        yield before + to_json(piece)
        before = b",\n"
    yield b"]"
