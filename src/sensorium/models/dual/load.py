"""A folder of a CLIP or SigLIP checkpoint to the object that users get."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch

from sensorium.core.errors import CheckpointError
from sensorium.inputs.pictures import PictureSpec
from sensorium.models.clip import config as clip_config
from sensorium.models.clip import inputs as clip_inputs
from sensorium.models.clip import model as clip_model
from sensorium.models.clip import rules as clip_rules
from sensorium.models.dual.model import DualModel
from sensorium.models.dual.network import DualEncoder
from sensorium.models.dual.texts import Texts
from sensorium.models.reading import of_checkpoint
from sensorium.models.siglip import config as siglip_config
from sensorium.models.siglip import inputs as siglip_inputs
from sensorium.models.siglip import model as siglip_model
from sensorium.models.siglip import rules as siglip_rules
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint, read_json
from sensorium.weights.keymap import KeyMap
from sensorium.weights.loading import load_checkpoint

C = TypeVar("C")


@dataclass(frozen=True)
class Family(Generic[C]):
    """How the checkpoints of a family are read; C is its config.

    config: a config.json, and its name for messages, to C. network: with random weights. pictures, texts: how the
    folder wants them prepared; None where its config has no such tower.
    """

    config: Callable[[Mapping[str, object], str], C]
    network: Callable[[C], DualEncoder]
    rules: Callable[[C], KeyMap]
    pictures: Callable[[Path, C], PictureSpec | None]
    texts: Callable[[Path, C], Texts | None]

    def load(self, folder: Path, data: Mapping[str, object], dtype: torch.dtype | None) -> DualModel:
        """Read everything in a folder. Raises: CheckpointError as `load_dual`."""
        config = self.config(data, str(folder / "config.json"))
        with of_checkpoint(str(folder)), Unfilled():
            network = self.network(config)
        with of_checkpoint(str(folder)):
            pictures, texts = self.pictures(folder, config), self.texts(folder, config)
        load_checkpoint(network, Checkpoint.open(folder), self.rules(config), dtype=dtype)
        return DualModel(network, pictures=pictures, texts=texts, name=folder.name)


CLIP = Family(clip_config.read_config, clip_model.build, clip_rules.rules, clip_inputs.pictures, clip_inputs.texts)
SIGLIP = Family(
    siglip_config.read_config, siglip_model.build, siglip_rules.rules, siglip_inputs.pictures, siglip_inputs.texts
)


def load_dual(folder: Path, *, dtype: torch.dtype | None = torch.float32) -> DualModel:
    """Read a checkpoint of CLIP or SigLIP: config.json, weights, preprocessor_config.json and the tokenizer's files.

    A checkpoint of one tower alone gives a model that embeds either pictures or texts.

    Args:
        folder: as transformers writes it.
        dtype: of the weights; None for the type that they have in the checkpoint.

    Raises: CheckpointError when a file is missing, damaged or foreign, or does not fit the others.
    """
    data = read_json(folder / "config.json")
    model_type = data.get("model_type")
    if model_type in clip_config.MODEL_TYPES:
        return CLIP.load(folder, data, dtype)
    if str(model_type).startswith("siglip"):
        return SIGLIP.load(folder, data, dtype)
    known = ", ".join((*clip_config.MODEL_TYPES, *siglip_config.MODEL_TYPES))
    raise CheckpointError(
        f"{folder}: model_type is {model_type!r}; expected one of {known}. Give the folder of a CLIP or SigLIP model."
    )
