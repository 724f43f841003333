"""Parts of messages in OpenAI's spelling, and the extensions in wide use for sound and film."""

from sensorium.chat.message import Role, Text
from sensorium.media.types import Modality
from sensorium.serving.drafts import Draft, Given, inline
from sensorium.serving.fields import Fields, refused
from sensorium.serving.limits import ServerLimits

_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
NO_DETAIL = "pictures are seen at the model's own size; 'low' cannot be honoured"
_MODALITY: dict[str, Modality] = {"image": "image", "audio": "audio", "video": "video"}


def drafts(fields: Fields, limits: ServerLimits) -> tuple[Draft, ...]:
    """The talk of a request's `messages`. Raises: Refusal for what cannot be honoured."""
    return tuple(draft(message, limits) for message in fields.tables("messages", most=limits.messages, needed=True))


def draft(message: Fields, limits: ServerLimits) -> Draft:
    """One message."""
    role = message.word("role", ("system", "developer", "user", "assistant", "tool"))
    if role == "tool":
        raise refused(message.at("role"), "got 'tool'", "system, user or assistant: no tools are offered here")
    message.only("name", otherwise="names of speakers cannot be honoured")
    if role == "assistant":
        for name in ("tool_calls", "function_call", "audio", "refusal", "annotations", "reasoning_content"):
            message.only(name, otherwise="it cannot be given back to this model")
        message.inert("sensorium")
    content = message.take("content")
    if isinstance(content, str):
        return Draft(_ROLES[role], (Text(content),))
    if not isinstance(content, list) or not content:
        raise refused(message.at("content"), "it is neither text nor a list of parts", "one of them")
    if len(content) > limits.messages:
        raise refused(message.at("content"), f"{len(content)} parts", f"at most {limits.messages}")
    parts = []
    for index, each in enumerate(content):
        with Fields(each, f"{message.at('content')}[{index}]") as part:
            parts.append(part_of(part, role))
    return Draft(_ROLES[role], tuple(parts))


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
    """A file, of whatever kind its bytes are."""
    if "file_id" in inner:
        raise refused(inner.at("file_id"), "files cannot be kept on this server", "file_data with a data URI")
    inner.inert("filename")
    uri = inner.text("file_data")
    if uri[:5].lower() != "data:":
        raise refused(inner.at("file_data"), "it is no data URI", "data:<type>;base64,<bytes>")
    return Given(inner.at("file_data"), uri)
