"""Pieces of several files to places, in as few calls of the model as there are batches."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError, LimitExceeded
from sensorium.media.types import Image, Media
from sensorium.runtime.partly import partly
from sensorium.space.index.types import Piece, Placed, Rows, SpaceModel

BATCH = 32

_SHORTEST = 4
"""Characters below which a text is not cut further."""

Vector = NDArray[np.float32]


def embed_pieces(model: SpaceModel, files: Sequence[Sequence[Piece]]) -> tuple[list[list[Placed]], list[str]]:
    """The places of all pieces of some files.

    One that the model refuses costs its own file alone.

    Returns: per file its placed pieces, and the reason if there are none that the model would take.
    """
    pieces = [each for file in files for each in file]
    vectors: dict[int, Vector | InputError] = {}
    media = [(at, each.content) for at, each in enumerate(pieces) if isinstance(each.content, Media)]
    texts = [(at, each.content) for at, each in enumerate(pieces) if isinstance(each.content, str)]
    for first in range(0, len(media), BATCH):
        places, some = zip(*media[first : first + BATCH], strict=True)
        vectors.update(zip(places, partly(model.embed_media, some), strict=True))
    for first in range(0, len(texts), BATCH):
        vectors.update(_texts(model, texts[first : first + BATCH]))
    placed: list[list[Placed]] = []
    faults: list[str] = []
    at = 0
    for file in files:
        mine = [vectors.get(at + number) for number in range(len(file))]
        refused = next((each for each in mine if isinstance(each, InputError)), None)
        rows = [Placed(piece, each) for piece, each in zip(file, mine, strict=True) if not isinstance(each, InputError)]
        placed.append([] if refused else rows)
        faults.append(str(refused) if refused else "")
        at += len(file)
    return placed, faults


def embed_text(model: SpaceModel, text: str) -> Rows:
    """The place [D] of a text; of one that is too long for the model, that of as much of its beginning as it takes.

    Raises: LimitExceeded when not even a few letters are taken.
    """
    while True:
        try:
            return model.embed_texts([text])[0]
        except LimitExceeded:
            if len(text) <= _SHORTEST:
                raise
            text = text[: len(text) // 2].rpartition(" ")[0] or text[: len(text) // 2]


def sign(model: SpaceModel) -> Vector:
    """The place [D] of something that is always the same: another model, or other weights, put it elsewhere."""
    if "text" in model.modalities:
        return embed_text(model, "a red ring")
    shades = np.linspace(0, 255, 64 * 64 * 3).reshape(64, 64, 3).astype(np.uint8)
    return model.embed_media([Image(shades)])[0]


def _texts(model: SpaceModel, batch: Sequence[tuple[int, str]]) -> dict[int, Vector | InputError]:
    try:
        rows = model.embed_texts([text for _, text in batch])
    except InputError:
        return {at: _text(model, text) for at, text in batch}
    return {at: row for (at, _), row in zip(batch, rows, strict=True)}


def _text(model: SpaceModel, text: str) -> Vector | InputError:
    try:
        return embed_text(model, text)
    except InputError as error:
        return error
