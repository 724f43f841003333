"""The space that a run trains: begun from a `nano`, or gone on with; and how it is written to a folder again."""

from dataclasses import dataclass, field
from pathlib import Path

from torch import nn

from sensorium.core.config import to_dict
from sensorium.core.errors import ConfigError
from sensorium.models.adapters import AdapterConfig
from sensorium.models.catalog import DEFAULT, EMBEDDERS, FAMILIES, locate, model_type
from sensorium.models.nano_space.folder import FAMILY, begin, load_space, save_space
from sensorium.models.nano_space.placer import NanoSpace
from sensorium.training.pupil import MODEL
from sensorium.weights.keymap import KeyMap


@dataclass(frozen=True, eq=False)
class SpacePupil:
    """A space in training; beside `Pupil` (training/pupil.py), which answers."""

    space: NanoSpace
    module: nn.Module
    keymap: KeyMap | None = field(default=None, init=False)

    @property
    def shape(self) -> object:
        """What tells it from models of other sizes."""
        return to_dict(self.space.config)

    def save(self, folder: Path, adapter: AdapterConfig | None, *, base: str | None) -> None:
        """Write the model as `module` now is to `model/` in a folder. Raises: OSError."""
        save_space(folder / MODEL, self.space, self.module.state_dict())


def space_pupil(start: str | None) -> SpacePupil:
    """A space with the encoders of a `nano`, or one that was trained before, in fp32.

    Raises: ConfigError for a model of another family; UsageError for what is no model; CheckpointError for a damaged
    folder.
    """
    name = start or DEFAULT
    folder = locate(name, catalogue=EMBEDDERS if name in EMBEDDERS.names() else FAMILIES)
    kind = model_type(folder)
    if kind not in (DEFAULT, FAMILY):
        raise ConfigError(
            f"recipe: start is {name}, of the family {kind}; expected {DEFAULT} or {FAMILY} to learn a space with. "
            "Give one of these."
        )
    space = begin(folder) if kind == DEFAULT else load_space(folder)
    return SpacePupil(space, space.network)
