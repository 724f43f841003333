"""What a model looks like from above: local and hosted ones alike."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Unpack

import numpy as np
from numpy.typing import NDArray

from sensorium.chat.message import Answer
from sensorium.core.errors import UsageError
from sensorium.engine.generate import TokenEvent
from sensorium.media.decoded import Decoded
from sensorium.media.types import Media
from sensorium.runtime.asking import Asking

File = str | os.PathLike[str] | bytes | Decoded
"""A path, the bytes of a file, a data URI, or a picture as numpy array or Pillow image."""

Input = File | Media
"""What `load_media` takes, or media already decoded."""

Rows = NDArray[np.float32]
"""Places in a space: [N, width], each of unit length, so that products are cosines."""


@dataclass(frozen=True)
class StreamEvent:
    """A piece of text; the last event has no text but the whole answer, and the stop string that ended it, if one did.

    `tokens` are those that the text came of, with their log-probabilities; one that gave no text comes with the next.
    """

    text: str
    answer: Answer | None = None
    stopped_by: str | None = None
    tokens: tuple[TokenEvent, ...] = ()


class Chat(Protocol):
    """A talk that remembers its media and its turns."""

    def send(self, question: str, *files: Input, **options: Unpack[Asking]) -> Answer:
        """The next answer."""

    def stream(self, question: str, *files: Input, **options: Unpack[Asking]) -> Iterator[StreamEvent]:
        """The next answer, piece by piece."""


class Model(Protocol):
    """Answers questions about media, or gives them places in a space; what a model does not do raises UsageError."""

    @property
    def name(self) -> str:
        """As written in the catalogue, or the folder's name."""

    def ask(self, question: str, *files: Input, **options: Unpack[Asking]) -> Answer:
        """One answer."""

    def stream(self, question: str, *files: Input, **options: Unpack[Asking]) -> Iterator[StreamEvent]:
        """One answer, piece by piece."""

    def chat(self) -> Chat:
        """A new talk."""

    def embed(self, *files: Input) -> Rows:
        """Places of files: [width] for one, [N, width] for several."""

    def embed_texts(self, texts: Sequence[str]) -> Rows:
        """Places of texts: [N, width]."""


def no_space(name: str) -> UsageError:
    """The error for places that a model which answers does not give."""
    return UsageError(
        f"{name}: answers, and has no space to embed in; expected a model that embeds. Load one: the bundled "
        "'nano-space', or a CLIP or SigLIP."
    )


def check_question(question: object) -> None:
    """Refuse what is no question. Raises: UsageError."""
    if not isinstance(question, str):
        raise UsageError(
            f"question: got a {type(question).__name__}; expected words. Give them first, then the files: "
            "ask('What is this?', 'boot.png')."
        )
    if not question.strip():
        raise UsageError("The question is empty; expected words. Give them first, then the files.")


def model_name(name: object) -> str:
    """The name or path of a model as text. Raises: UsageError for anything else."""
    if not isinstance(name, str | os.PathLike):
        raise UsageError(
            f"model: got a {type(name).__name__}; expected a name, the path of a model folder, or an id of the Hub. "
            "Give one of these."
        )
    return os.fsdecode(name)
