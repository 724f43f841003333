"""Parts of messages in OpenAI's spelling, and the extensions in wide use for sound and film."""

import json

from sensorium.chat.message import Role, Text
from sensorium.media.types import Modality
from sensorium.serving.drafts import Draft, Given, inline
from sensorium.serving.fields import Fields, refused
from sensorium.serving.files import named
from sensorium.serving.limits import ServerLimits
from sensorium.serving.tools import call_part, check_called, joined, result_parts

_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
NO_DETAIL = "pictures are seen at the model's own size; 'low' cannot be honoured"
_MODALITY: dict[str, Modality] = {"image": "image", "audio": "audio", "video": "video"}


def drafts(fields: Fields, limits: ServerLimits) -> tuple[Draft, ...]:
    """The talk of a request's `messages`. Raises: Refusal for what cannot be honoured."""
    called: set[str] = set()
    messages = fields.tables("messages", most=limits.messages, needed=True)
    return joined([draft(each, limits, called) for each in messages])


def draft(message: Fields, limits: ServerLimits, called: set[str]) -> Draft:
    """One message. Args: called: ids of the calls before it, to which its own are added. Raises: Refusal."""
    role = message.word("role", ("system", "developer", "user", "assistant", "tool"))
    message.only("name", otherwise="names of speakers cannot be honoured")
    if role == "tool":
        check_called(message.text("tool_call_id"), called, message.at("tool_call_id"))
        return Draft("user", result_parts(_content(message, "user", limits)))
    if role != "assistant":
        return Draft(_ROLES[role], _content(message, role, limits))
    for name in ("function_call", "audio", "refusal", "annotations", "reasoning_content"):
        message.only(name, otherwise="it cannot be given back to this model")
    message.inert("sensorium")
    calls = [_call(call, called) for call in message.tables("tool_calls", most=limits.messages)]
    words = _content(message, role, limits) if "content" in message or not calls else ()
    return Draft(_ROLES[role], (*words, *calls))


def arguments(fields: Fields, name: str) -> str:
    """The arguments of a call, which are JSON in a string. Raises: Refusal."""
    text = fields.text(name)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise refused(fields.at(name), "it is no JSON object", "the arguments as they were given")
    return text


def _call(call: Fields, called: set[str]) -> Text:
    called.add(call.text("id"))
    call.inert("index")
    call.word("type", ("function",), "function")
    with call.table("function") as function:
        return call_part(function.text("name"), arguments(function, "arguments"))


def _content(message: Fields, role: str, limits: ServerLimits) -> tuple[Text | Given, ...]:
    content = message.take("content")
    if isinstance(content, str):
        return (Text(content),)
    if not isinstance(content, list) or not content:
        raise refused(message.at("content"), "it is neither text nor a list of parts", "one of them")
    if len(content) > limits.messages:
        raise refused(message.at("content"), f"{len(content)} parts", f"at most {limits.messages}")
    parts = []
    for index, each in enumerate(content):
        with Fields(each, f"{message.at('content')}[{index}]") as part:
            parts.append(part_of(part, role))
    return tuple(parts)


def part_of(part: Fields, role: str) -> Text | Given:
    """One part of a message. Raises: Refusal."""
    kind = part.word("type", ("text", "image_url", "input_audio", "file", "video_url", "audio_url"))
    if kind == "text":
        return Text(part.text("text"))
    if role != "user":
        raise refused(part.path, f"a {kind} of the {role}", "media from the user alone")
    with part.table(kind) as inner:
        if kind == "input_audio":
            data, form = inner.text("data"), inner.word("format", ("wav", "mp3", "flac", "ogg", "m4a", "webm"))
            return inline(inner.path, data, f"audio/{form}", "audio")
        if kind == "file":
            return file(inner)
        inner.only("detail", "auto", "high", "original", otherwise=NO_DETAIL)
        return Given(inner.at("url"), inner.text("url"), _MODALITY[kind.partition("_")[0]])


def file(inner: Fields) -> Given:
    """A file, of whatever kind its bytes are; or one that was sent before."""
    inner.inert("filename")
    if "file_id" in inner:
        return named(inner.at("file_id"), inner.text("file_id"))
    uri = inner.text("file_data")
    if uri[:5].lower() != "data:":
        raise refused(inner.at("file_data"), "it is no data URI", "data:<type>;base64,<bytes>")
    return Given(inner.at("file_data"), uri)
