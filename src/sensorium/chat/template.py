"""The chat template of `nano`: how messages become special tokens, texts and places for media.

    <|user|> <|image|>… <|close|> What is this? <|end|> <|assistant|> a boot <|end|>

A template gives pieces, not a string: special tokens come from here alone, never from text that a user wrote.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sensorium.chat.message import Message, Text
from sensorium.media.types import Media, VideoClip

PAD, CLOSE, END = "<|pad|>", "<|close|>", "<|end|>"
PLACEHOLDER = {"image": "<|image|>", "audio": "<|audio|>", "video": "<|video|>"}
ROLE = {"system": "<|system|>", "user": "<|user|>", "assistant": "<|assistant|>"}
SPECIAL_TOKENS = (PAD, END, CLOSE, *ROLE.values(), *PLACEHOLDER.values())


@dataclass(frozen=True)
class Special:
    """A special token; `answer` as in `Words`."""

    token: str
    answer: bool = False


@dataclass(frozen=True)
class Words:
    """A text; `answer` when the model is to write it."""

    text: Text
    answer: bool = False


@dataclass(frozen=True, eq=False)
class Slot:
    """The place of one medium: its placeholders go here."""

    media: Media


Piece = Special | Words | Slot


def render(messages: Sequence[Message], *, ask: bool) -> Iterator[Piece]:
    """Pieces of a talk; with `ask` the last piece invites the assistant to answer."""
    for message in messages:
        answer = message.role == "assistant"
        yield Special(ROLE[message.role])
        for part in message.parts:
            if isinstance(part, Text):
                yield Words(part, answer)
            else:
                yield from _place(part)
        yield Special(END, answer)
    if ask:
        yield Special(ROLE["assistant"])


def _place(media: Media) -> Iterator[Piece]:
    """The slot of a medium; a film's sound track gets one of its own behind it."""
    yield Slot(media)
    yield Special(CLOSE)
    if isinstance(media, VideoClip) and media.sound is not None:
        yield from _place(media.sound)
