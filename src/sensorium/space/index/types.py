"""What an index holds and gives: pieces of files, their places, filters and matches.

A file gives one or more pieces: a picture is one, a film gives one per shot, a sound one per window, a document one
per page and one per passage. Shapes: N pieces, D width of the space.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UsageError
from sensorium.media.types import Media, Modality

Rows = NDArray[np.float32]
"""Places in the space: [N, D], each of unit length."""

KINDS: tuple[Modality, ...] = ("image", "audio", "video", "document", "text")


class SpaceModel(Protocol):
    """What gives media and texts their places: `runtime.embedding.Embedder` is one."""

    @property
    def name(self) -> str:
        """What it is called; an index belongs to one model."""

    @property
    def width(self) -> int:
        """Numbers of a place."""

    @property
    def modalities(self) -> Sequence[Modality]:
        """What it takes."""

    def embed_media(self, media: Sequence[Media]) -> Rows:
        """Places of media. Returns: [N, D]. Raises: InputError."""

    def embed_texts(self, texts: Sequence[str]) -> Rows:
        """Places of texts. Returns: [N, D]. Raises: LimitExceeded for one that is too long."""

    def sharpness(self, modality: Modality) -> float:
        """What cosines of texts and a medium are multiplied with, so that their softmax tells chances."""


@dataclass(frozen=True)
class Spot:
    """Where in its file a piece lies: a page from 1, or seconds from the start; nothing for the whole file."""

    page: int | None = None
    begin: float | None = None
    end: float | None = None


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of a file, before it is embedded.

    content: what is embedded; None for a piece that is found by its words alone.
    words: its text, for full-text search and to be shown.
    thumbnail: a small JPEG, or nothing.
    """

    kind: Modality
    content: Media | str | None
    spot: Spot = Spot()
    words: str = ""
    thumbnail: bytes = b""


@dataclass(frozen=True, eq=False)
class Placed:
    """A piece and its place [D] in the space, which it may lack."""

    piece: Piece
    vector: NDArray[np.float32] | None


Fault = Literal["", "unsupported", "unreadable"]
"""Why nothing of a file is in the index: it is not of a kind that is taken, or it cannot be read."""


@dataclass(frozen=True)
class Stamp:
    """What tells, without reading, that a file is as it was: bytes, and nanoseconds of the last change."""

    size: int
    modified: int


@dataclass(frozen=True, eq=False)
class Entry:
    """A file as it goes into the store.

    digest: SHA-256 of its content.
    placed: its pieces; None where the store has that content already.
    fault, reason: why there are none.
    """

    path: str
    stamp: Stamp
    digest: str
    placed: Sequence[Placed] | None
    fault: Fault = ""
    reason: str = ""


@dataclass(frozen=True)
class Refusal:
    """A file of which nothing was taken, and why."""

    path: str
    fault: Fault
    reason: str


@dataclass(frozen=True)
class Filter:
    """What a search is held to.

    kinds: of the pieces; all if empty.
    folder: files in it and below.
    since, until: nanoseconds; when files were changed, until not included.
    begin, end: seconds; pieces of sounds and films that overlap them.
    """

    kinds: tuple[Modality, ...] = ()
    folder: str | None = None
    since: int | None = None
    until: int | None = None
    begin: float | None = None
    end: float | None = None

    def __post_init__(self) -> None:
        """Reject what nothing can meet."""
        for name, low, high in (("date", self.since, self.until), ("second", self.begin, self.end)):
            if low is not None and high is not None and low >= high:
                raise UsageError(
                    f"The first {name} of the search is not before the last; expected a range. Swap the two."
                )

    def __bool__(self) -> bool:
        return self != Filter()


@dataclass(frozen=True)
class Match:
    """A piece that a search of the store came upon, and how well it fits: more is better."""

    item: int
    score: float


@dataclass(frozen=True)
class Found:
    """A stored piece.

    paths: the files that hold it; several where one is a copy of another.
    intact: False where the disk gives back something else than was stored.
    """

    item: int
    kind: Modality
    paths: tuple[str, ...]
    spot: Spot
    intact: bool = True
    words: str = field(default="", repr=False)
    thumbnail: bytes = field(default=b"", repr=False)
