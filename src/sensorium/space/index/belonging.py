"""An index belongs to one model: another, or the same with other weights, puts things elsewhere."""

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UsageError
from sensorium.space.index.embedding import sign
from sensorium.space.index.rows import packed, unpacked
from sensorium.space.index.types import SpaceModel

_SAME = 0.999
"""The cosine of what is the same but for rounding."""


def check_name(index: str, kept: tuple[str, int], model: SpaceModel) -> None:
    """Refuse a model of another name or width than those `kept`. Raises: UsageError."""
    if (model.name, model.width) != kept:
        name, width = kept
        raise UsageError(
            f"{index}: an index of {name} (width {width}); got {model.name} (width {model.width}). Take that model: "
            f"--model {name}, or make another index: --index FOLDER"
        )


def written_sign(model: SpaceModel) -> str:
    """The model's sign as a store keeps it."""
    return packed(sign(model)).hex()


def check_sign(index: str, kept: str, model: SpaceModel) -> None:
    """Refuse other weights than those that gave the sign `kept`. Raises: UsageError."""
    place: NDArray[np.float32] = unpacked([bytes.fromhex(kept)], model.width)[0]
    if float(place @ sign(model)) < _SAME:
        raise UsageError(
            f"{index}: {model.name} has other weights than when the index was made; expected the same. "
            "Make it anew: remove the index and index again."
        )
