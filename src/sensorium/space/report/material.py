"""Held-out matches, and where a model puts them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sensorium.data.matches.catalog import matches
from sensorium.data.matches.match import Match
from sensorium.media.types import Media, Modality

KINDS = ("digits", "moving-digits", "clothes", "photos", "sounds", "echoes", "scenes", "moving", "tones", "reading")
"""All that are reported."""

AT_ONCE = 64

Rows = NDArray[np.float32]


class Embeds(Protocol):
    """What is asked of a model; `runtime.embedding.Embedder` is one."""

    @property
    def name(self) -> str:
        """Of the model."""

    @property
    def width(self) -> int:
        """Numbers of a place."""

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What it takes."""

    def embed_media(self, media: Sequence[Media]) -> Rows:
        """Returns: [N, width], of unit length."""

    def embed_texts(self, texts: Sequence[str]) -> Rows:
        """The same of texts."""


@dataclass(frozen=True, eq=False)
class Placed:
    """Matches of a kind and where they lie: rows [N, width] by modality, "text" among them.

    against: rows of altered words [M, width], of the matches number `altered` [M].
    """

    kind: str
    keys: tuple[str, ...]
    rows: dict[str, Rows]
    against: Rows
    altered: NDArray[np.intp]

    def belongs(self) -> NDArray[np.bool_]:
        """Which matches are of one key. Returns: [N, N]."""
        names = np.array(self.keys)
        return np.asarray(names[:, None] == names)


def place_all(model: Embeds, root: Path, *, count: int, report: Callable[[str], None]) -> tuple[Placed, ...]:
    """Where a model puts all kinds of matches that it takes.

    Args:
        model: that is measured.
        root: where the real sets lie.
        count: matches of each kind, at most.
        report: told how far it is.

    Raises: InputError when a set is not there.
    """
    placed = []
    for kind in KINDS:
        found = place(kind, root, model, count)
        report(f"{kind}: {'not of this model' if found is None else f'{len(found.keys)} matches'}")
        placed += [] if found is None else [found]
    return tuple(placed)


def place(kind: str, root: Path, model: Embeds, count: int) -> Placed | None:
    """Up to `count` held-out matches, evenly spread; None where the model takes none of their media.

    Raises: UsageError for an unknown kind; InputError when a set is not in `root`.
    """
    source = matches(kind, root)
    numbers = np.linspace(0, source.validation_size - 1, min(count, source.validation_size)).astype(int)
    found: list[Match] = []
    pieces: dict[str, list[Rows]] = {}
    for some in _pieces(np.unique(numbers)):
        drawn = [source.validation(int(number)) for number in some]
        found += [_bare(each) for each in drawn]
        for modality, rows in _place_some(drawn, model):
            pieces.setdefault(modality, []).append(rows)
    if set(pieces) <= {"text"}:
        return None
    altered = [number for number, each in enumerate(found) if each.against]
    return Placed(
        kind=kind,
        keys=tuple(each.key for each in found),
        rows={modality: np.concatenate(rows) for modality, rows in pieces.items()},
        against=model.embed_texts([found[number].against for number in altered]),
        altered=np.array(altered, np.intp),
    )


def _place_some(some: Sequence[Match], model: Embeds) -> Iterator[tuple[str, Rows]]:
    """Words, then each modality that the model takes."""
    yield "text", model.embed_texts([each.words for each in some])
    for slot, medium in enumerate(some[0].media):
        if medium.modality in model.modalities:
            yield medium.modality, model.embed_media([each.media[slot] for each in some])


def _pieces(numbers: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """So many at a time that their media need not all be kept."""
    for start in range(0, len(numbers), AT_ONCE):
        yield numbers[start : start + AT_ONCE]


def _bare(match: Match) -> Match:
    """Without its media, which need not be kept."""
    return Match((), (), match.domain, words=match.words, key=match.key, against=match.against)
