"""Find pieces that fit a query: near in the space, by their words, by the name of their file, fused by rank.

A cosine and a BM25 score cannot be added, so ranks are (reciprocal rank fusion, Cormack and others, SIGIR 2009).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sensorium.media.types import Modality
from sensorium.space.index.query import Query
from sensorium.space.index.store import Store
from sensorium.space.index.types import Filter, Found, Spot

K = TypeVar("K")
Place = tuple[tuple[str, ...], Spot]
"""A file with its copies, and a page or moment of it."""

_SMOOTHING = 60
"""How little the first ranks differ, as in the paper."""

_DEPTH = 4
"""So many times the wanted hits are taken from each list."""


@dataclass(frozen=True)
class Hit:
    """A piece that fits.

    score: by which hits are in order, 0..1; 1 is first in every list.
    similarity: the cosine of query and piece; None when it was found by words.
    """

    found: Found
    score: float
    similarity: float | None

    @property
    def path(self) -> str:
        """Its file."""
        return self.found.paths[0]

    @property
    def kind(self) -> Modality:
        """What kind of piece it is."""
        return self.found.kind


@dataclass(frozen=True)
class Results:
    """Hits, the best first, and files whose stored pieces a fault of the disk has changed."""

    hits: tuple[Hit, ...]
    damaged: tuple[str, ...] = ()


def search(store: Store, query: Query, *, count: int = 10, within: Filter | None = None) -> Results:
    """The `count` best pieces, one of each file, page or moment."""
    within = within or Filter()
    near = [] if query.place is None else store.nearest(query.place, _DEPTH * count, within)
    words = [part(query.words, _DEPTH * count, within) for part in (store.matching, store.named) if query.words]
    lists = [*words, near]  # in this order: something is always near, so words come first where ranks are equal
    items = dict.fromkeys(match.item for matches in lists for match in matches)
    stored = {each.item: each for each in store.found(list(items), within)}
    whole = {item: each for item, each in stored.items() if each.intact and each.paths}
    ranked = [_one_each([whole[match.item] for match in matches if match.item in whole]) for matches in lists]
    scores = fuse([list(each) for each in ranked if each])
    cosines: dict[Place, float] = {}
    for match in near:
        if match.item in whole:
            cosines.setdefault(_place(whole[match.item]), match.score)
    best = {place: found for each in reversed(ranked) for place, found in each.items()}
    order = sorted(scores, key=lambda place: -scores[place])[:count]
    damaged = dict.fromkeys(path for each in stored.values() if not each.intact for path in each.paths)
    return Results(tuple(Hit(best[place], scores[place], cosines.get(place)) for place in order), tuple(damaged))


def fuse(lists: Sequence[Sequence[K]]) -> dict[K, float]:
    """A score from the ranks in some lists, each the best first: 1 for what is first in each."""
    scores: dict[K, float] = defaultdict(float)
    for ranked in lists:
        for rank, each in enumerate(ranked):
            scores[each] += (1 + _SMOOTHING) / (1 + _SMOOTHING + rank) / len(lists)
    return dict(scores)


def _place(found: Found) -> Place:
    return found.paths, found.spot


def _one_each(ranked: Sequence[Found]) -> dict[Place, Found]:
    """The first piece of each place, in order."""
    first: dict[Place, Found] = {}
    for found in ranked:
        first.setdefault(_place(found), found)
    return first
