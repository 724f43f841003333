"""Places near a place, among many: exactly, or through inverted lists of 8-bit vectors (FAISS, IVF-SQ8).

Lists are trained once and then follow what is added and removed. How many of them a search looks into is chosen so that
it finds, measured against exact search, the wanted share of the ten nearest.
Shapes: N vectors, D width.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import MissingPackage
from sensorium.core.packages import require

if TYPE_CHECKING:
    import faiss

Ids = NDArray[np.int64]
Rows = NDArray[np.float32]
Chunks = Iterable[tuple[Ids, Rows]]
"""Ids [N] and vectors [N, D], a part of all at a time."""

_PER_LIST = 48
"""Vectors to train one list with; FAISS wants 39."""

_ROUNDS = 10
_NEAR = 10
_PROBES = 200
"""Stored vectors that recall is measured with."""

_WANTED = 0.98

RERANKED = 4
"""Of 8-bit vectors so many times the wanted number are taken, then compared as they are stored."""


def top(scores: Rows, count: int) -> Ids:
    """Where the `count` largest of `scores` [N] are, the largest first."""
    count = min(count, len(scores))
    found = np.argpartition(-scores, count - 1)[:count] if count else np.zeros(0, np.int64)
    return found[np.argsort(-scores[found], kind="stable")]


@dataclass(frozen=True, eq=False)
class Lists:
    """Inverted lists.

    trained: how many vectors there were when they were trained.
    recall: recall@10, measured then.
    """

    index: "faiss.IndexIVF"
    trained: int
    recall: float

    def __len__(self) -> int:
        return int(self.index.ntotal)

    def search(self, place: Rows, count: int, allowed: Ids | None = None) -> Ids:
        """Ids of about the `count` vectors nearest to `place` [D], of those `allowed`."""
        faiss = require("faiss", "search")
        options = faiss.SearchParametersIVF(nprobe=self.index.nprobe)
        if allowed is not None:
            options = faiss.SearchParametersIVF(nprobe=self.index.nprobe, sel=faiss.IDSelectorBatch(allowed))
        _, ids = self.index.search(place[None], count, params=options)
        return cast("Ids", ids[0][ids[0] >= 0])

    def add(self, chunks: Chunks) -> None:
        """Take further vectors into the lists."""
        for ids, vectors in chunks:
            self.index.add_with_ids(vectors, ids)

    def remove(self, ids: Ids) -> None:
        """Take vectors out of the lists, with their bytes."""
        self.index.remove_ids(require("faiss", "search").IDSelectorBatch(ids))

    def data(self) -> bytes:
        """What `from_data` reads."""
        return bytes(require("faiss", "search").serialize_index(self.index))


def available() -> bool:
    """Whether there is what makes lists."""
    try:
        require("faiss", "search")
    except MissingPackage:
        return False
    return True


def from_data(data: bytes, trained: int, recall: float) -> Lists:
    """Lists from what `data` gave."""
    index = require("faiss", "search").deserialize_index(np.frombuffer(data, np.uint8))
    return Lists(index, trained, recall)


def train(count: int, sample: tuple[Ids, Rows], chunks: Chunks) -> Lists:
    """Lists of `count` vectors.

    Args:
        sample: ids and vectors of some of them, in random order; `sample_size(count)` are enough.
        chunks: all of them.
    """
    faiss = require("faiss", "search")
    ids, vectors = sample
    number = max(1, min(_lists(count), len(ids) // _PER_LIST))
    index = faiss.index_factory(vectors.shape[1], f"IVF{number},SQ8", faiss.METRIC_INNER_PRODUCT)
    index.cp.niter, index.cp.max_points_per_centroid = _ROUNDS, _PER_LIST
    index.train(vectors)
    exact = _Exact(ids[:_PROBES], vectors[:_PROBES])
    for some, part in chunks:
        index.add_with_ids(part, some)
        exact.see(some, part)
    return Lists(index, count, _choose_probes(index, exact))


def sample_size(count: int) -> int:
    """How many of `count` vectors are enough to train with."""
    return min(count, _lists(count) * _PER_LIST)


def _lists(count: int) -> int:
    return max(1, int(4 * count**0.5))


class _Exact:
    """The ten nearest of some stored vectors, themselves left out, found by looking at all."""

    def __init__(self, ids: Ids, places: Rows) -> None:
        self.ids, self.places = ids, places
        self.near: Ids = np.full((len(ids), _NEAR), -1)
        self._scores: Rows = np.full((len(ids), _NEAR), -np.inf, np.float32)

    def see(self, ids: Ids, vectors: Rows) -> None:
        """Take a part of all into account."""
        scores = self.places @ vectors.T  # [P, N]
        scores[self.ids[:, None] == ids[None]] = -np.inf
        for probe, row in enumerate(scores):
            best = top(row, _NEAR)
            both = np.concatenate([self._scores[probe], row[best]])
            kept = top(both, _NEAR)
            self.near[probe] = np.concatenate([self.near[probe], ids[best]])[kept]
            self._scores[probe] = both[kept]

    def recall(self, found: Ids) -> float:
        """The share of the ten nearest that are in `found` [P, N]."""
        hits = [np.isin(near[near >= 0], some).mean() for near, some in zip(self.near, found, strict=True)]
        return float(np.mean(hits))


def _choose_probes(index: "faiss.IndexIVF", exact: _Exact) -> float:
    """Set how many lists a search looks into, for the wanted recall. Returns: the recall."""
    index.nprobe = 1
    while True:
        _, found = index.search(exact.places, RERANKED * _NEAR)
        recall = exact.recall(found)
        if recall >= _WANTED or index.nprobe >= index.nlist:
            return recall
        index.nprobe = min(2 * index.nprobe, index.nlist)
