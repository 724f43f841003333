"""Find pieces that fit a query: near in the space, by their words, by the name of their file, fused by rank.

A cosine and a BM25 score cannot be added, so ranks are (reciprocal rank fusion, Cormack and others, SIGIR 2009).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sensorium.media.types import Modality
from sensorium.space.index.chance import NEAR
from sensorium.space.index.query import Query
from sensorium.space.index.store import Store
from sensorium.space.index.types import Filter, Found, Rows, Spot

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

    score: by which hits are in order, 0..1; 1 is first in every list. It says nothing of how near the piece is.
    similarity: the cosine of query and piece; None for a piece without a place, or a query without one.
    chance: that the words fit the piece, and none of other words do (chance.py); None where it cannot be told.
    named: whether the words, or some of them, stand in its text or in the name of its file.
    """

    found: Found
    score: float
    similarity: float | None
    chance: float | None = None
    named: bool = False

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

    @property
    def near(self) -> bool:
        """Whether a hit has the words, or is likely enough to fit them, or cannot be judged."""
        return any(hit.named or hit.chance is None or hit.chance >= NEAR for hit in self.hits)


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
    best = {place: found for each in reversed(ranked) for place, found in each.items()}
    order = sorted(scores, key=lambda place: -scores[place])[:count]
    nearest = {place: ranked[-1].get(place, best[place]) for place in order}  # of a page maybe another than is shown
    likeness = _Likeness(query, store.places([each.item for each in nearest.values()]))
    named = {place for each in ranked[:-1] for place in each}
    hits = [Hit(best[each], scores[each], *likeness.of(nearest[each]), each in named) for each in order]
    damaged = dict.fromkeys(path for each in stored.values() if not each.intact for path in each.paths)
    return Results(tuple(hits), tuple(damaged))


@dataclass(frozen=True)
class _Likeness:
    """Of a query and the places [D] of pieces, by their items."""

    query: Query
    places: Mapping[int, Rows]

    def of(self, found: Found) -> tuple[float | None, float | None]:
        """Cosine and chance."""
        words, place, rivals = self.query.place, self.places.get(found.item), self.query.rivals
        if words is None or place is None:
            return None, None
        return min(1.0, float(words @ place)), None if rivals is None else rivals.chance(words, place, found)


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
