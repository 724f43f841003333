"""What a model looks like from above: local and hosted ones alike."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, Unpack

from sensorium.chat.message import Answer
from sensorium.engine.sampling import Options
from sensorium.media.types import Media

Input = str | os.PathLike[str] | bytes | Media
"""A path, the bytes of a file, a data URI, or media already decoded."""


@dataclass(frozen=True)
class StreamEvent:
    """A piece of text; the last event has no text but the whole answer."""

    text: str
    answer: Answer | None = None


class Chat(Protocol):
    """A talk that remembers its media and its turns."""

    def send(self, question: str, *files: Input, **options: Unpack[Options]) -> Answer:
        """The next answer."""

    def stream(self, question: str, *files: Input, **options: Unpack[Options]) -> Iterator[StreamEvent]:
        """The next answer, piece by piece."""


class Model(Protocol):
    """Answers questions about media."""

    @property
    def name(self) -> str:
        """As written in the catalogue, or the folder's name."""

    def ask(self, question: str, *files: Input, **options: Unpack[Options]) -> Answer:
        """One answer."""

    def stream(self, question: str, *files: Input, **options: Unpack[Options]) -> Iterator[StreamEvent]:
        """One answer, piece by piece."""

    def chat(self) -> Chat:
        """A new talk."""
