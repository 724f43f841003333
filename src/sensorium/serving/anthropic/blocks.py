"""Content blocks in Anthropic's spelling."""

from sensorium.chat.message import Role, Text
from sensorium.media.types import Modality
from sensorium.serving.drafts import Draft, Given, inline
from sensorium.serving.fields import Fields, refused
from sensorium.serving.limits import ServerLimits

ROLES: tuple[Role, ...] = ("user", "assistant")
PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")


def drafts(fields: Fields, limits: ServerLimits) -> tuple[Draft, ...]:
    """The talk of a request: its `system` text, then its messages. Raises: Refusal for what cannot be honoured."""
    talk = []
    if "system" in fields:
        talk.append(Draft("system", _content(fields, "system", limits, only_text=True)))
    for message in fields.tables("messages", most=limits.messages, needed=True):
        role = message.word("role", ROLES)
        message.inert("sensorium")
        talk.append(Draft(role, _content(message, "content", limits, only_text=role == "assistant")))
    return tuple(talk)


def _content(holder: Fields, name: str, limits: ServerLimits, *, only_text: bool) -> tuple[Text | Given, ...]:
    value = holder.take(name)
    if isinstance(value, str):
        return (Text(value),)
    if not isinstance(value, list) or not value:
        raise refused(holder.at(name), "it is neither text nor a list of blocks", "one of them")
    if len(value) > limits.messages:
        raise refused(holder.at(name), f"{len(value)} blocks", f"at most {limits.messages}")
    parts = []
    for index, each in enumerate(value):
        with Fields(each, f"{holder.at(name)}[{index}]") as block:
            part = _block(block)
            if only_text and not isinstance(part, Text):
                raise refused(block.path, "a medium", "text here, and media in the user's messages")
            parts.append(part)
    return tuple(parts)


def _block(block: Fields) -> Text | Given:
    kind = block.word("type", ("text", "image", "document"))
    block.inert("cache_control")  # what is remembered changes no answer
    if kind == "text":
        block.only("citations", otherwise="citations cannot be made")
        return Text(block.text("text"))
    if kind == "image":
        with block.table("source") as source:
            return _source(source, source.word("type", ("base64", "url")), PICTURES, "image")
    with block.table("citations") as citations:
        citations.only("enabled", False, otherwise="citations cannot be made")
    heading = [text for name in ("title", "context") if (text := block.text(name, None))]
    with block.table("source") as source:
        kind = source.word("type", ("base64", "url", "text"))
        if kind == "text":
            source.word("media_type", ("text/plain",))
            return Text("\n".join([*heading, source.text("data")]) + "\n")
        if heading:
            raise refused(block.path, "a title or context of a file", "it left out, or in a text block")
        return _source(source, kind, ("application/pdf",), None)


def _source(source: Fields, kind: str, types: tuple[str, ...], want: Modality | None) -> Given:
    if kind == "url":
        return Given(source.at("url"), source.text("url"), want)
    return inline(source.at("data"), source.text("data"), source.word("media_type", types), want)
