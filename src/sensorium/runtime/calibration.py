"""From what a model saw and said to how sure it may be: `calibration.json` beside the weights, measured, not assumed.

Two things are measured on validation data: how often answers of a given token probability are right (isotonic
regression, per modality), and how far the rows of familiar media lie from the middle of their kind.
"""

from bisect import bisect_right
from dataclasses import dataclass, field, fields
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from sensorium.core.config import from_dict
from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.weights.folder import read_json

CALIBRATION = "calibration.json"
FAMILIARITY = "familiarity.safetensors"


@dataclass(frozen=True)
class Curve:
    """A rising broken line: an answer of probability `raw[i]` is right with chance `chance[i]`."""

    raw: tuple[float, ...]
    chance: tuple[float, ...]

    def __post_init__(self) -> None:
        rising = all(list(values) == sorted(values) for values in (self.raw, self.chance))
        within = all(0.0 <= value <= 1.0 for value in (*self.raw, *self.chance))
        if not self.raw or len(self.raw) != len(self.chance) or not rising or not within:
            raise ConfigError(
                f"curve: got {len(self.raw)} raw and {len(self.chance)} chance values; expected as many of each, at "
                "least one, the raw ones rising and the chances with them, all in 0..1. Calibrate again."
            )

    def __call__(self, probability: float) -> float:
        """The chance, on the line between the points around."""
        at = bisect_right(self.raw, probability)
        if at == 0:
            return self.chance[0]
        if at == len(self.raw):
            return self.chance[-1]
        left, right = self.raw[at - 1], self.raw[at]
        share = (probability - left) / (right - left)
        return self.chance[at - 1] + share * (self.chance[at] - self.chance[at - 1])


@dataclass(frozen=True)
class Calibration:
    """What was measured.

    curves: by modality, "mixed" for several in one talk, "text" where no media are shown.
    strange_beyond: by modality, the distance from familiar media beyond which one is called strange.
    sure_from: the chance under which an answer is called unsure.
    """

    curves: dict[str, Curve] = field(default_factory=dict)
    strange_beyond: dict[str, float] = field(default_factory=dict)
    sure_from: float = 0.5


@dataclass(frozen=True, eq=False)
class Familiarity:
    """The kinds K of media that a modality was trained on, each a Gaussian in a whitened space of few axes A.

    mean: [D]. axes: [D, A]. centres: [K, A]. spreads: [K, A, A], which turn and stretch a kind to a ball of radius 1.
    """

    mean: Tensor
    axes: Tensor
    centres: Tensor
    spreads: Tensor

    def __post_init__(self) -> None:
        shapes = [tuple(getattr(self, each.name).shape) for each in fields(self)]
        match shapes:
            case [(wide,), (width, axes), (kinds, *across), (count, *square)] if (
                wide == width and across == [axes] and square == [axes, axes] and 0 < kinds == count
            ):
                return
        raise ConfigError(
            f"familiarity: got the shapes {shapes}; expected mean [D], axes [D, A], centres [K, A] and spreads "
            "[K, A, A]. Calibrate again."
        )

    def distance(self, summary: Tensor) -> float:
        """How far a medium lies from the nearest kind, in spreads of that kind. Inputs: summary: [D]."""
        offsets = (summary - self.mean) @ self.axes - self.centres  # [K, A]
        return float(torch.einsum("ka,kab->kb", offsets, self.spreads).norm(dim=-1).min())


def read_calibration(folder: Path) -> Calibration:
    """The calibration of a model folder; an empty one where none was measured. Raises: CheckpointError."""
    path = folder / CALIBRATION
    if not path.exists():
        return Calibration()
    try:
        return from_dict(Calibration, read_json(path), where=str(path))
    except ConfigError as error:
        raise CheckpointError(str(error)) from error


def read_familiarity(folder: Path) -> dict[str, Familiarity]:
    """What is familiar, by modality; nothing where nothing was measured. Raises: CheckpointError."""
    path = folder / FAMILIARITY
    if not path.exists():
        return {}
    try:
        tensors = load_file(path)
        return {
            modality: Familiarity(*(tensors[f"{modality}.{part.name}"].float() for part in fields(Familiarity)))
            for modality in sorted({name.partition(".")[0] for name in tensors})
        }
    except (OSError, SafetensorError, KeyError, ConfigError) as error:
        raise CheckpointError(f"{path}: not readable as familiarity ({error}). Fetch the model again.") from error
