"""An index belongs to one model: another, or the same with other weights, puts things elsewhere."""

from sensorium.core.errors import UsageError
from sensorium.space.index.chance import place_others
from sensorium.space.index.embedding import sign
from sensorium.space.index.rows import packed, unpacked
from sensorium.space.index.types import Rows, SpaceModel

_SAME = 0.999
"""The cosine of what is the same but for rounding."""


def check_name(index: str, kept: tuple[str, int], model: SpaceModel) -> None:
    """Refuse a model of another name or width than those `kept`. Raises: UsageError."""
    if (model.name, model.width) != kept:
        name, width = kept
        raise UsageError(
            f"{index}: an index of {name} (width {width}); got {model.name} (width {model.width}). Take that model: "
            f"--model {name}, make another index: --index FOLDER, or embed all of it anew: sensorium index --again "
            f"--model {model.name} --index {index}"
        )


def written_sign(model: SpaceModel) -> str:
    """The model's sign as a store keeps it."""
    return packed(sign(model)).hex()


def check_sign(index: str, kept: str, model: SpaceModel) -> None:
    """Refuse other weights than those that gave the sign `kept`. Raises: UsageError."""
    if not _is_sign(kept, model):
        raise UsageError(
            f"{index}: {model.name} has other weights than when the index was made; expected the same. Embed all of it "
            f"anew: sensorium index --again --index {index}"
        )


def belongs(kept: tuple[str, int], kept_sign: str | None, model: SpaceModel) -> bool:
    """Whether an index of a model of that name and width, whose sign is known, is of this model."""
    return kept == (model.name, model.width) and kept_sign is not None and _is_sign(kept_sign, model)


def written_others(model: SpaceModel) -> str:
    """The places of other words (chance.py) as a store keeps them; "" of a model that has none."""
    places = place_others(model)
    return "" if places is None else packed(places).hex()


def read_others(kept: str | None, model: SpaceModel) -> Rows | None:
    """What `written_others` gave; of a store that has nothing of it, made now."""
    if kept is None:
        return place_others(model)
    return unpacked([bytes.fromhex(kept)], model.width) if kept else None


def _is_sign(kept: str, model: SpaceModel) -> bool:
    place = unpacked([bytes.fromhex(kept)], model.width)[0]
    return float(place @ sign(model)) >= _SAME
