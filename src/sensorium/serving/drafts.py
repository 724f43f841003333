"""Talks as a protocol read them, media not yet looked at: counted first, then decoded in their order.

A medium comes as a data URI or as a URL. Nothing else reaches the readers of media/: a string that is a path on the
operator's machine is no medium.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from anyio import CapacityLimiter, to_thread

from sensorium.chat.message import Message, Part, Role, Text
from sensorium.media.load import load_media
from sensorium.media.source import is_data_uri
from sensorium.media.types import Media, Modality
from sensorium.serving.faults import Refusal
from sensorium.serving.fetch import Fetcher
from sensorium.serving.fields import refused
from sensorium.serving.limits import ServerLimits

DECODING = 2
"""Media that are decoded at once, all requests together."""


@dataclass(frozen=True)
class Given:
    """A medium as a client gave it: where it stands in the request, its URI, and the modality that is meant."""

    field: str
    uri: str
    want: Modality | None = None


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

    async def messages(self, drafts: Sequence[Draft]) -> list[Message]:
        """Messages with their media. Raises: Refusal for too much, InputError for media that cannot be read."""
        check_amounts(drafts, self._limits)
        return [Message(draft.role, tuple([await self._part(part) for part in draft.parts])) for draft in drafts]

    async def medium(self, given: Given) -> Media:
        """One medium. Raises: as `messages`."""
        if not is_data_uri(given.uri) and not given.uri[:8].lower().startswith(("http://", "https://")):
            raise refused(given.field, "neither a data URI nor an http URL", "one of them")
        source = given.uri if is_data_uri(given.uri) else await self._fetcher.fetch(given.uri, given.field)
        read = partial(load_media, source, limits=self._limits.media, name=given.field, want=given.want)
        if self._slots is None:  # belongs to the running loop, so it is made inside
            self._slots = CapacityLimiter(DECODING)
        return await to_thread.run_sync(read, limiter=self._slots)

    async def _part(self, part: Text | Given) -> Part:
        return part if isinstance(part, Text) else await self.medium(part)


def check_amounts(drafts: Sequence[Draft], limits: ServerLimits) -> None:
    """Raises: Refusal for too many messages, media or characters, before any medium is fetched or decoded."""
    if len(drafts) > limits.messages:
        raise refused("messages", f"{len(drafts)} messages", f"at most {limits.messages}")
    parts = [part for draft in drafts for part in draft.parts]
    media = sum(isinstance(part, Given) for part in parts)
    if media > limits.media_parts:
        raise refused("messages", f"{media} media", f"at most {limits.media_parts}")
    letters = sum(len(part.text) for part in parts if isinstance(part, Text))
    if letters > limits.text_characters:
        raise Refusal("too_large", f"messages: {letters} characters; expected at most {limits.text_characters}.")
    if not any(draft.role == "user" and any(_says(part) for part in draft.parts) for draft in drafts):
        raise refused("messages", "nothing of a user", "words or media to answer")
    if drafts[-1].role != "user":
        raise refused("messages", f"the last message is the {drafts[-1].role}'s", "the user's")


def _says(part: Text | Given) -> bool:
    return isinstance(part, Given) or bool(part.text.strip())
