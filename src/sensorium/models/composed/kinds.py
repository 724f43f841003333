"""What the table of encoders holds: how each kind is built, fed and read from a checkpoint, and what its rows are.

Every kind keeps one contract: features of one shape `[N, ...]` become rows `[N, S, D]`, which lie in the cells of a
grid that the shape alone tells; so rows are counted before anything is encoded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from sensorium.core.config import Dataclass
from sensorium.core.errors import ConfigError
from sensorium.fusion.connectors import Grid
from sensorium.inputs.spec import InputSpec
from sensorium.weights.keymap import KeyMap

C = TypeVar("C", bound=Dataclass)

Features = NDArray[np.uint8] | NDArray[np.float32]

Prepare = Callable[[Any], tuple[Features, NDArray[np.float32] | None]]
"""A medium of the kind's modality to its features, and to the times of its frames where the encoder wants them."""

Shape = tuple[int, ...]
"""Of the features of one item."""

Settings = dict[str, object]
"""Keys of a preprocessor_config.json."""

ENCODER = "encoder."
"""How the names of an encoder begin on our side of a key map."""


@dataclass(frozen=True)
class Wanted:
    """What a preparation depends on beside the sizes of its encoder.

    inputs: input facts of the whole model.
    settings: of the encoder's own processor.
    factors: cells along each axis of the grid that the connector joins.
    """

    inputs: InputSpec
    settings: Settings
    factors: tuple[int, ...]


@dataclass(frozen=True)
class Read(Generic[C]):
    """What a checkpoint says of an encoder, and the names of its tensors."""

    sizes: C
    settings: Settings
    keymap: KeyMap


def no_settings(sizes: Any) -> Settings:
    """Of an encoder whose preparation is all in its sizes, or in the model's input facts."""
    return {}


@dataclass(frozen=True)
class Kind(Generic[C]):
    """One kind of encoder; C are its sizes.

    build: with random weights, giving the rows behind a layer, None for the last ones.
    rows: features [N, ...] and times [N, F] through it, to [N, S, D].
    grid: the cells of those rows. fixed: they are the same for all media.
    prepare: how a medium becomes features.
    settings: of the processor, for an encoder that did not come with any.
    read: a checkpoint; None for what has no checkpoints of its own.
    """

    sizes: type[C]
    build: Callable[[C, InputSpec, int | None], nn.Module]
    rows: Callable[[Any, Tensor, Tensor | None], Tensor]
    grid: Callable[[C, Shape], Grid]
    prepare: Callable[[C, Wanted], Prepare]
    settings: Callable[[C], Settings] = no_settings
    read: Callable[[Path], Read[C]] | None = None
    fixed: bool = False


def alone(make: Callable[[Any], Features]) -> Prepare:
    """A preparation that gives no times."""
    return lambda medium: (make(medium), None)


def plain(encoder: nn.Module, features: Tensor, _: Tensor | None) -> Tensor:
    """Features that go through an encoder as they are. Inputs: features: [N, ...]. Returns: [N, S, D]."""
    rows: Tensor = encoder(features)
    return rows


def up_to(encoder: nn.Module, layer: int | None) -> nn.Module:
    """Leave out what comes behind a layer: later blocks, and the norm of the last one's rows.

    Args:
        encoder: with `blocks` and `norm`.
        layer: how many blocks to go through, counted from the end where negative: -1 for all, -2 for all but the last;
            None leaves the encoder as it is.

    Raises: ConfigError for an encoder without such blocks, or one that has fewer.
    """
    if layer is None:
        return encoder
    blocks = getattr(encoder, "blocks", None)
    if not isinstance(blocks, nn.ModuleList):
        raise ConfigError(
            f"encoders: got layer {layer} for an encoder of stages; expected none, since its rows get another shape "
            "from stage to stage. Remove it."
        )
    encoder.blocks = blocks[: depth_of(layer, len(blocks))]
    if getattr(encoder, "norm_last", True):  # wav2vec 2.0's base form has it before the blocks
        encoder.norm = nn.Identity()
    return encoder


def depth_of(layer: int, blocks: int) -> int:
    """The number of blocks that a layer's number stands for. Raises: ConfigError when there are not as many."""
    depth = layer if layer >= 0 else blocks + 1 + layer
    if not 1 <= depth <= blocks:
        raise ConfigError(
            f"encoders: got layer {layer} of an encoder of {blocks} blocks; expected 1 to {blocks}, or {-blocks} to -1 "
            "from the end. Change it."
        )
    return depth


def check_heads(name: str, width: int, heads: int, *, axes: int) -> None:
    """See that a head turns in pairs of numbers, as many pairs for each axis of its positions. Raises: ConfigError."""
    if heads < 1 or width < 1 or width % (2 * axes * heads):
        raise ConfigError(
            f"{name}: width is {width} and heads {heads}; expected a positive multiple of {2 * axes} times heads. "
            "Change one of them."
        )


def check_cut(name: str, value: int, *, step: int, factor: int) -> None:
    """See that media are cut into whole blocks of the connector.

    Args:
        name: of the input fact, for the message; value: what it is.
        step: pixels or frames of one row. factor: rows that the connector joins.

    Raises: ConfigError when they are not.
    """
    if value < 1 or value % (step * factor):
        raise ConfigError(
            f"inputs: {name} is {value}, but a row of the encoder takes {step} and the connector joins {factor} rows; "
            f"expected a multiple of {step * factor}. Change one of them."
        )
