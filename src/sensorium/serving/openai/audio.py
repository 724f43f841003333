"""POST /v1/audio/transcriptions and /translations: https://platform.openai.com/docs/api-reference/audio."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, NamedTuple

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sensorium.core.errors import SensoriumError
from sensorium.media.recording import open_recording
from sensorium.models.speech import subtitles
from sensorium.models.speech.transcript import Segment, Transcript, Transcription
from sensorium.serving.desk import Desk, while_there
from sensorium.serving.faults import Refusal, fault_of
from sensorium.serving.fields import Fields, refused
from sensorium.serving.log import tell_failure
from sensorium.serving.openai.errors import body
from sensorium.serving.streams import event, json_response, stream_response
from sensorium.serving.visit import visit_of

FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
MOST_FIELDS = 32
FIELD_BYTES = 64 * 1024


class Upload(NamedTuple):
    """What a form asks for. `words` asks for the times of words."""

    model: str
    data: bytes
    name: str
    language: str | None
    form: str
    words: bool
    stream: bool


async def transcriptions(request: Request) -> Response:
    """Write down what is said."""
    return await _heard(request, translate=False)


async def translations(request: Request) -> Response:
    """Write down in English what is said."""
    return await _heard(request, translate=True)


async def _heard(request: Request, *, translate: bool) -> Response:
    desk: Desk = request.app.state.desk
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Refusal("unsupported", "Content-Type: expected multipart/form-data. Send the sound as the field 'file'.")
    async with request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=FIELD_BYTES) as form:
        asked = await _read(form, translate=translate)
    visit_of(request).model = desk.shelf.card(asked.model, "transcribe").id
    segments = _segments(desk, asked, translate=translate)
    if asked.stream:
        first = await while_there(request, anext(segments))
        return stream_response(_events(request, first, segments))
    *_, last = await while_there(request, _all(segments))
    return _told(asked, last[1], translate=translate)


async def _read(form: FormData, *, translate: bool) -> Upload:
    """The fields of a form. Raises: Refusal, which names one that cannot be honoured."""
    names = [name for name, _ in form.multi_items()]
    granularities = [str(each) for each in form.getlist("timestamp_granularities[]")]
    plain = {name: value for name, value in form.multi_items() if name != "timestamp_granularities[]"}
    twice = next((name for name in plain if names.count(name) > 1), None)
    if twice is not None:
        raise refused(twice[:80], "it stands twice", "one of it")
    with Fields(plain) as fields:
        file = fields.take("file")
        if not isinstance(file, UploadFile):
            raise refused("file", "it is missing or no file", "a sound")
        model = fields.text("model")
        language = None if translate else fields.text("language", None)
        answer_form = fields.word("response_format", FORMATS, "json")
        stream = not translate and fields.word("stream", ("true", "false", "True", "False"), "false").lower() == "true"
        fields.only("prompt", "", otherwise="what was said before cannot be given")
        fields.only("temperature", "0", "0.0", otherwise="the likeliest words are written")
        fields.only("chunking_strategy", "auto", otherwise="sounds are cut in the model's own way")
    if wrong := [each for each in granularities if each not in ("word", "segment")]:
        raise refused("timestamp_granularities[]", f"got {wrong[0][:20]!a}", "word or segment")
    words = "word" in granularities
    if words and answer_form != "verbose_json":
        raise refused("timestamp_granularities[]", f"the form is {answer_form}", "verbose_json for times of words")
    return Upload(model, await file.read(), file.filename or "file", language, answer_form, words, stream)


async def _segments(
    desk: Desk, asked: Upload, *, translate: bool
) -> AsyncGenerator[tuple[Segment | None, Transcript], None]:
    """Each segment with all that was said so far; the last time without one, with everything."""
    model = await desk.shelf.transcriber(asked.model)

    def hear() -> Any:
        recording = open_recording(asked.data, limits=desk.limits.media, name="file")
        heard = model.transcribe(recording, language=asked.language, translate=translate, word_times=asked.words)
        made: list[Segment] = []
        try:
            for segment in heard:
                made.append(segment)
                yield segment, _so_far(heard, made)
            yield None, _so_far(heard, made)
        finally:
            heard.close()

    async with aclosing(desk.worker.stream(hear)) as segments:
        async for each in segments:
            yield each


def _so_far(heard: Transcription, made: list[Segment]) -> Transcript:
    return Transcript(heard.language or "", tuple(made), heard.seconds)


async def _all(
    segments: AsyncGenerator[tuple[Segment | None, Transcript], None],
) -> list[tuple[Segment | None, Transcript]]:
    return [each async for each in segments]


def _told(asked: Upload, found: Transcript, *, translate: bool) -> Response:
    match asked.form:
        case "text":
            return PlainTextResponse(found.text + "\n")
        case "srt":
            return PlainTextResponse(subtitles.as_srt(found))
        case "vtt":
            return PlainTextResponse(subtitles.as_vtt(found), media_type="text/vtt")
        case "verbose_json":
            return json_response(_verbose(asked, found, translate=translate))
        case _:
            return json_response({"text": found.text, "usage": {"type": "duration", "seconds": round(found.seconds)}})


def _verbose(asked: Upload, found: Transcript, *, translate: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "task": "translate" if translate else "transcribe",
        "language": found.language,
        "duration": found.seconds,
        "text": found.text,
        "segments": [_segment(index, each) for index, each in enumerate(found.segments)],
    }
    if asked.words:
        words = [word for segment in found.segments for word in segment.words]
        told["words"] = [{"word": each.text.strip(), "start": each.start, "end": each.end} for each in words]
    return told


def _segment(index: int, segment: Segment) -> dict[str, Any]:
    """A segment; ids of tokens and how well its text can be packed are not known here, and told as none and 1."""
    return {
        "id": index,
        "seek": 0,
        "start": segment.start,
        "end": segment.end,
        "text": segment.text,
        "tokens": [],
        "temperature": segment.temperature,
        "avg_logprob": segment.log_prob,
        "compression_ratio": 1.0,
        "no_speech_prob": segment.no_speech,
    }


async def _events(
    request: Request,
    first: tuple[Segment | None, Transcript],
    segments: AsyncGenerator[tuple[Segment | None, Transcript], None],
) -> AsyncGenerator[bytes, None]:
    async with aclosing(segments):
        try:
            segment, found = first
            while segment is not None:
                yield event({"type": "transcript.text.delta", "delta": segment.text})
                segment, found = await anext(segments)
            usage = {"type": "duration", "seconds": round(found.seconds)}
            yield event({"type": "transcript.text.done", "text": found.text, "usage": usage})
        except SensoriumError as error:
            tell_failure("stream failed", error, id=visit_of(request).id)
            yield event(body(fault_of(error)))
