"""What is searched for: words, files, or both, as a place in the space and as words for full-text search."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensorium.core.errors import InputError, UnsupportedMedia, UsageError
from sensorium.space.index.chance import Rivals, place_others, rivals
from sensorium.space.index.embedding import embed_pieces, embed_text
from sensorium.space.index.types import Piece, Rows, SpaceModel

_MOST = 64
"""Pieces of a file that stand for it."""


@dataclass(frozen=True, eq=False)
class Query:
    """What is searched for.

    place: [D], of unit length; None when the model takes nothing of what was given.
    words: that are looked for in texts and names; may be none.
    rivals: what tells how sure one may be of a hit; None where it cannot be told: beside a file.
    """

    place: Rows | None
    words: str = ""
    rivals: Rivals | None = None


def make_query(model: SpaceModel, files: Sequence[Sequence[Piece]], words: str, *, others: Rows | None = None) -> Query:
    """A query of files, each in pieces, and words; `others` as the store has them (`Store.others`), else made anew.

    Files and words together mean what lies between them: "like this, but in blue". Words alone are looked for in
    texts and names of files as well; beside a file they say what to change, and stand nowhere.

    Raises: UsageError for nothing; InputError for a file that the model does not take.
    """
    words = words.strip()
    if not files and not words:
        raise UsageError("There is nothing to search for; expected words or a file. Write: sensorium search 'red cars'")
    places = [_file(model, file[:_MOST]) for file in files]
    if words and "text" in model.modalities:
        places.append(embed_text(model, words))
    if files or not places:
        return Query(_between(places) if places else None, "" if files else words)
    return Query(places[0], words, rivals(model, place_others(model) if others is None else others))


def _file(model: SpaceModel, pieces: Sequence[Piece]) -> Rows:
    taken = [each for each in pieces if each.content is not None]
    if not taken:
        raise UnsupportedMedia(
            f"{pieces[0].kind}: {model.name} takes {', '.join(model.modalities)}. Search by words, or index with a "
            "model that takes it."
        )
    (placed,), (fault,) = embed_pieces(model, [taken])
    if fault:
        raise InputError(fault)
    return _between([each.vector for each in placed if each.vector is not None])


def _between(places: Sequence[Rows]) -> Rows:
    total = np.sum(places, axis=0, dtype=np.float32)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-12), np.float32)
