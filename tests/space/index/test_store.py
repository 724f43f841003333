"""Indexing and searching need of a store what its protocol says, and nothing of SQLite: here is one of dicts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from tests.space.index.colours import Colours

from sensorium.space.index.build import forget, index_again, index_paths
from sensorium.space.index.chance import place_others
from sensorium.space.index.query import make_query
from sensorium.space.index.search import search
from sensorium.space.index.store import Counts, Store
from sensorium.space.index.types import Entry, Filter, Found, Match, Placed, Refusal, Rows, SpaceModel, Stamp


class Memory:
    """Files in dicts; a word fits if it stands there."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.settled = 0

    @contextmanager
    def writing(self) -> Iterator[None]:
        yield

    def stamps(self) -> dict[str, Stamp]:
        return {path: entry.stamp for path, entry in self.entries.items()}

    def holds(self, digest: str) -> bool:
        return any(each.digest == digest for each in self.entries.values())

    def write(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            known = [each.placed for each in self.entries.values() if each.digest == entry.digest]
            placed = entry.placed if entry.placed is not None else known[0]
            self.entries[entry.path] = Entry(entry.path, entry.stamp, entry.digest, placed, entry.fault, entry.reason)

    def remove(self, paths: Iterable[str]) -> None:
        for path in list(paths):
            self.entries.pop(path, None)

    def settle(self) -> None:
        self.settled += 1

    def renew(self, model: SpaceModel) -> None:
        self.entries = {path: Entry(path, Stamp(-1, 0), "", []) for path in self.entries}

    def waiting(self) -> list[str]:
        return [path for path, entry in self.entries.items() if not entry.digest]

    def others(self, model: SpaceModel) -> Rows | None:
        return place_others(model)

    def places(self, items: Sequence[int]) -> dict[int, Rows]:
        rows = list(self._rows())
        return {item: place for item in items if (place := rows[item][1].vector) is not None}

    def refusals(self) -> list[Refusal]:
        return [Refusal(each.path, each.fault, each.reason) for each in self.entries.values() if each.fault]

    def nearest(self, place: Rows, count: int, within: Filter) -> list[Match]:
        return self._best(count, lambda path, row: None if row.vector is None else float(np.dot(row.vector, place)))

    def matching(self, words: str, count: int, within: Filter) -> list[Match]:
        return self._best(count, lambda path, row: _shared(words, row.piece.words))

    def named(self, words: str, count: int, within: Filter) -> list[Match]:
        return self._best(count, lambda path, row: _shared(words, Path(path).stem))

    def found(self, items: Sequence[int], within: Filter) -> list[Found]:
        rows = list(self._rows())
        return [Found(item, rows[item][1].piece.kind, (rows[item][0],), rows[item][1].piece.spot) for item in items]

    def counts(self) -> Counts:
        return Counts(len(self.entries), len(list(self._rows())), len(self.refusals()))

    def close(self) -> None:
        self.entries.clear()

    def _rows(self) -> Iterator[tuple[str, Placed]]:
        return ((path, row) for path, entry in self.entries.items() for row in entry.placed or ())

    def _best(self, count: int, score: Callable[[str, Placed], float | None]) -> list[Match]:
        scored = [(item, score(path, row)) for item, (path, row) in enumerate(self._rows())]
        matches = [Match(item, value) for item, value in scored if value is not None]
        return sorted(matches, key=lambda match: -match.score)[:count]


def _shared(words: str, text: str) -> float | None:
    return float(len({*words.lower().split()} & {*text.lower().split()})) or None


def test_another_store_does_as_well(colours: Colours, media: Path) -> None:
    memory = Memory()
    store: Store = memory
    report = index_paths(store, colours, [media], leave_out=media / "none")
    assert (report.stored, len(report.refused), memory.settled) == (5, 2, 1)
    assert index_paths(store, colours, [media], leave_out=media / "none").unchanged == 7
    for words, name in (("blue", "blue.png"), ("lighthouse", "notes.txt"), ("hum", "hum.wav")):
        assert Path(search(store, make_query(colours, [], words)).hits[0].path).name == name
    (media / "hum.wav").rename(media / "song.wav")
    assert index_paths(store, colours, [media], leave_out=media / "none").known == 1
    assert index_again(store, colours).stored == 5
    assert forget(store, [media]) == 7
    assert store.counts() == Counts(0, 0, 0)
