"""Content blocks in Anthropic's spelling."""

import json
from dataclasses import dataclass

from sensorium.chat.message import Role, Text
from sensorium.media.types import Modality
from sensorium.serving.drafts import Draft, Given, inline
from sensorium.serving.fields import Fields, refused
from sensorium.serving.files import named
from sensorium.serving.limits import ServerLimits
from sensorium.serving.tools import call_part, check_called, result_parts

ROLES: tuple[Role, ...] = ("user", "assistant")
PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")

Parts = tuple[Text | Given, ...]


@dataclass(frozen=True)
class Paper:
    """A document of a talk: its words, or the file that has its pages."""

    source: Given | str
    title: str | None
    cited: bool


class Blocks:
    """Reads the talk of a request; `papers` are its documents, in order."""

    def __init__(self, limits: ServerLimits) -> None:
        self._limits = limits
        self.papers: list[Paper] = []
        self._called: set[str] = set()

    @property
    def cited(self) -> bool:
        """Whether answers are to name where they stand. Raises: Refusal where documents differ in it."""
        wanted = {paper.cited for paper in self.papers}
        if len(wanted) > 1:
            raise refused("messages", "citations of some documents alone", "all of them, or none")
        return True in wanted

    def drafts(self, fields: Fields) -> tuple[Draft, ...]:
        """Its `system` text, then its messages. Raises: Refusal for what cannot be honoured."""
        talk = []
        if "system" in fields:
            talk.append(Draft("system", self._content(fields, "system", ("text",))))
        for message in fields.tables("messages", most=self._limits.messages, needed=True):
            role = message.word("role", ROLES)
            message.inert("sensorium")
            kinds = ("text", "tool_use") if role == "assistant" else ("text", "image", "document", "tool_result")
            talk.append(Draft(role, self._content(message, "content", kinds)))
        return tuple(talk)

    def _content(self, holder: Fields, name: str, kinds: tuple[str, ...]) -> Parts:
        value = holder.take(name)
        if isinstance(value, str):
            return (Text(value),)
        if not isinstance(value, list) or not value:
            raise refused(holder.at(name), "it is neither text nor a list of blocks", "one of them")
        if len(value) > self._limits.messages:
            raise refused(holder.at(name), f"{len(value)} blocks", f"at most {self._limits.messages}")
        parts: list[Text | Given] = []
        for index, each in enumerate(value):
            with Fields(each, f"{holder.at(name)}[{index}]") as block:
                kind = block.word("type", kinds)
                block.inert("cache_control")  # what is remembered changes no answer
                parts += self._block(block, kind)
        return tuple(parts)

    def _block(self, block: Fields, kind: str) -> Parts:
        match kind:
            case "text":
                block.inert("citations")  # of an earlier answer: they say where its words stand
                return (Text(block.text("text")),)
            case "image":
                with block.table("source") as source:
                    return (_medium(source, source.word("type", ("base64", "url", "file")), PICTURES, "image"),)
            case "tool_use":
                self._called.add(block.text("id"))
                with block.table("input") as given:
                    arguments = given.rest()
                return (call_part(block.text("name"), json.dumps(arguments, ensure_ascii=False)),)
            case "tool_result":
                check_called(block.text("tool_use_id"), self._called, block.at("tool_use_id"))
                failed = block.flag("is_error")
                content = self._content(block, "content", ("text", "image", "document")) if "content" in block else ()
                return result_parts(content, failed=failed)
            case _:
                return self._document(block)

    def _document(self, block: Fields) -> Parts:
        with block.table("citations") as citations:
            cited = citations.flag("enabled")
        title, context = block.text("title", None), block.text("context", None)
        heading = tuple(Text(f"{text}\n") for text in (title, context) if text)
        with block.table("source") as source:
            kind = source.word("type", ("base64", "url", "text", "content", "file"))
            if kind == "content":
                if cited:
                    raise refused(block.path, "citations of content blocks", "text or a PDF as source")
                self.papers.append(Paper("", title, cited))
                return (*heading, *self._content(source, "content", ("text", "image")))
            if kind == "text":
                source.word("media_type", ("text/plain",), "text/plain")
                words = source.text("data")
                self.papers.append(Paper(words, title, cited))
                return (*heading, Text(f"{words}\n"))
            given = _medium(source, kind, ("application/pdf",), None)
        self.papers.append(Paper(given, title, cited))
        return (*heading, given)


def _medium(source: Fields, kind: str, types: tuple[str, ...], want: Modality | None) -> Given:
    if kind == "url":
        return Given(source.at("url"), source.text("url"), want)
    if kind == "file":
        return named(source.at("file_id"), source.text("file_id"), want)
    return inline(source.at("data"), source.text("data"), source.word("media_type", types), want)
