"""Talks as a protocol read them, media not yet looked at: counted first, then decoded in their order.

A medium comes as a data URI or as a URL. Nothing else reaches the readers of media/: a string that is a path on the
operator's machine is no medium.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from sensorium.chat.documents import is_pdf, pages_of, texts_of
from sensorium.chat.message import Message, Part, Role, Text
from sensorium.media.load import load_media
from sensorium.media.source import is_data_uri
from sensorium.media.types import Document, Media, Modality, Window
from sensorium.serving.faults import Refusal
from sensorium.serving.fetch import Fetcher
from sensorium.serving.fields import refused
from sensorium.serving.limits import ServerLimits

T = TypeVar("T")

DECODING = 2
"""Media that are decoded at once, all requests together."""


@dataclass(frozen=True)
class Given:
    """A medium as a client gave it: where it stands in the request, its URI, and the modality that is meant.

    window: the part of a film, as the values of `media.types.Window`.
    """

    field: str
    uri: str
    want: Modality | None = None
    window: tuple[float, float | None, float | None] | None = None


@dataclass(frozen=True)
class Draft:
    """A message whose media are not yet read."""

    role: Role
    parts: tuple[Text | Given, ...]


def inline(field: str, data: str, media_type: str, want: Modality | None = None) -> Given:
    """A medium that came as base64."""
    return Given(field, f"data:{media_type};base64,{data}", want)


class Decoder:
    """Drafts to messages."""

    def __init__(self, limits: ServerLimits, fetcher: Fetcher) -> None:
        self._limits = limits
        self._fetcher = fetcher
        self._slots: CapacityLimiter | None = None

    async def messages(self, drafts: Sequence[Draft], *, pictures: bool = True) -> list[Message]:
        """Messages with their media; documents become their pages and their text.

        Args: pictures: whether the model sees any. Raises: Refusal for too much, InputError for what cannot be read.
        """
        check_amounts(drafts, self._limits)
        made: list[Message] = []
        for draft in drafts:
            parts = [each for part in draft.parts for each in await self._parts(part, pictures=pictures)]
            made.append(Message(draft.role, tuple(parts)))
            self._check_pages(made)
        return made

    async def medium(self, given: Given) -> Media:
        """One medium. Raises: as `messages`."""
        return await self._medium(given, await self._source(given))

    async def page_texts(self, given: Given) -> tuple[str, ...]:
        """The text of each page of a PDF. Raises: as `messages`."""
        source = await self._source(given)
        return await self._beside(partial(texts_of, source, given.field, self._limits.media))

    async def _parts(self, part: Text | Given, *, pictures: bool) -> tuple[Part, ...]:
        if isinstance(part, Text):
            return (part,)
        source = await self._source(part)
        if part.want is None and part.window is None and is_pdf(source):
            return await self._beside(partial(pages_of, source, part.field, self._limits.media, pictures=pictures))
        medium = await self._medium(part, source)
        return (Text(f"{medium.text}\n") if isinstance(medium, Document) else medium,)

    async def _source(self, given: Given) -> str | bytes:
        if is_data_uri(given.uri):
            return given.uri
        if not given.uri[:8].lower().startswith(("http://", "https://")):
            raise refused(given.field, "neither a data URI nor an http URL", "one of them")
        return await self._fetcher.fetch(given.uri, given.field)

    async def _medium(self, given: Given, source: str | bytes) -> Media:
        window = None if given.window is None else Window(*given.window)
        limits, name = self._limits.media, given.field
        return await self._beside(partial(load_media, source, limits=limits, name=name, want=given.want, window=window))

    async def _beside(self, work: Callable[[], T]) -> T:
        if self._slots is None:  # belongs to the running loop, so it is made inside
            self._slots = CapacityLimiter(DECODING)
        return await to_thread.run_sync(work, limiter=self._slots)

    def _check_pages(self, made: Sequence[Message]) -> None:
        """Raises: Refusal for more media or text than allowed, pages of documents included."""
        most = self._limits
        media = sum(len(each.media) for each in made)
        if media > most.media_parts:
            raise refused("messages", f"{media} media and pages of documents", f"at most {most.media_parts}")
        letters = sum(len(each.text) for each in made)
        if letters > most.text_characters:
            raise Refusal("too_large", f"messages: {letters} characters; expected at most {most.text_characters}.")


def check_amounts(drafts: Sequence[Draft], limits: ServerLimits, beside: int = 0) -> None:
    """Raises: Refusal for too many messages, media or characters, before any medium is fetched or decoded.

    Args: beside: characters that are asked beside the talk.
    """
    if len(drafts) > limits.messages:
        raise refused("messages", f"{len(drafts)} messages", f"at most {limits.messages}")
    parts = [part for draft in drafts for part in draft.parts]
    media = sum(isinstance(part, Given) for part in parts)
    if media > limits.media_parts:
        raise refused("messages", f"{media} media", f"at most {limits.media_parts}")
    letters = beside + sum(len(part.text) for part in parts if isinstance(part, Text))
    if letters > limits.text_characters:
        raise Refusal("too_large", f"messages: {letters} characters; expected at most {limits.text_characters}.")
    if not any(draft.role == "user" and any(_says(part) for part in draft.parts) for draft in drafts):
        raise refused("messages", "nothing of a user", "words or media to answer")
    if drafts[-1].role != "user":
        raise refused("messages", f"the last message is the {drafts[-1].role}'s", "the user's")


def _says(part: Text | Given) -> bool:
    return isinstance(part, Given) or bool(part.text.strip())
