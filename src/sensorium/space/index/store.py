"""What indexing and searching ask of a store. `sqlite.SqliteStore` is the one that comes with the house."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from sensorium.space.index.types import Entry, Filter, Found, Match, Refusal, Rows, SpaceModel, Stamp


@dataclass(frozen=True)
class Counts:
    """How much a store holds.

    recall: of approximate search, recall@10 against exact search as measured when its lists were made; None where
    search is exact.
    """

    files: int
    pieces: int
    refused: int
    recall: float | None = None


class Store(Protocol):
    """Files, their pieces, and two ways to search them: by place in the space, and by words."""

    def writing(self) -> AbstractContextManager[None]:
        """Be the one writer. Raises: UsageError when another process is."""

    def stamps(self) -> dict[str, Stamp]:
        """All files that are known, refused ones too."""

    def holds(self, digest: str) -> bool:
        """Whether a content is known."""

    def write(self, entries: Sequence[Entry]) -> None:
        """Put files in the place of what was known of them: all of them or, if the process ends, none.

        When this returns they survive whatever happens to the process or the machine.
        """

    def remove(self, paths: Iterable[str]) -> None:
        """Forget files, and what no other file holds. Their bytes are gone after `settle`."""

    def settle(self) -> None:
        """Bring the lists for fast search up to date, and erase what was removed."""

    def renew(self, model: SpaceModel) -> None:
        """Become an index of this model, as its weights are now, unless it is one: all or nothing.

        What was made of files goes, and all of them wait to be read again (`waiting`).
        """

    def waiting(self) -> list[str]:
        """Files that wait to be read again since `renew`."""

    def others(self, model: SpaceModel) -> Rows | None:
        """Places [R, D] of other words than those searched for (chance.py), None for a model that has none."""

    def refusals(self) -> list[Refusal]:
        """Files of which nothing was taken."""

    def nearest(self, place: Rows, count: int, within: Filter) -> list[Match]:
        """Pieces near a place [D] of the space, the nearest first; scores are cosines."""

    def matching(self, words: str, count: int, within: Filter) -> list[Match]:
        """Pieces whose text has some of these words; scores are BM25."""

    def named(self, words: str, count: int, within: Filter) -> list[Match]:
        """The first piece of files whose name has some of these words; scores are BM25."""

    def places(self, items: Sequence[int]) -> dict[int, Rows]:
        """The places [D] of those pieces that have one."""

    def found(self, items: Sequence[int], within: Filter) -> list[Found]:
        """Stored pieces, in the order asked for."""

    def counts(self) -> Counts:
        """How much there is."""

    def close(self) -> None:
        """Let go of the files."""
