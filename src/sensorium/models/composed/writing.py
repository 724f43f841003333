"""What all families share that a composed model is written as a checkpoint of."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from sensorium.chat.hub_tokenizer import HubTokenizer, stop_ids
from sensorium.core.files import write_atomic
from sensorium.models.composed.folder import Model
from sensorium.models.composed.inputs import MARKS
from sensorium.weights.keymap import KeyMap
from sensorium.weights.loading import save_checkpoint


def mark_of_pictures(folder: Path) -> int:
    """The token that stands for a picture in the tokenizer of a model's folder."""
    return HubTokenizer.from_folder(folder, also=(MARKS["image"],)).id(MARKS["image"])


def with_stops(config: dict[str, object], folder: Path) -> dict[str, object]:
    """A family's config.json with the tokens that end an answer of the model, where its folder names any."""
    stops = sorted(stop_ids(folder))
    return config | {"eos_token_id": stops} if stops else config


def write_as(
    model: Model,
    out: Path,
    network: nn.Module,
    keymap: KeyMap,
    *,
    names: Mapping[str, str],
    config: dict[str, object],
    files: Mapping[str, bytes],
    dtype: torch.dtype | None,
) -> None:
    """Give a family's network the weights of a composed model, and write it.

    Args:
        out: the folder, made if need be.
        network: of the family, without weights of its own yet.
        names: how parts of ours begin, to how those of the family begin.
        config: the family's config.json.
        files: by name, to be written beside the weights and the model's own words.

    Raises: OSError when a file cannot be written.
    """
    network.load_state_dict(_renamed(model.network.state_dict(), names))
    save_checkpoint(out, network, keymap, dtype=dtype, config=config)
    for name, content in (dict(model.words) | dict(files)).items():
        write_atomic(out / name, content)


def _renamed(weights: Mapping[str, Tensor], names: Mapping[str, str]) -> dict[str, Tensor]:
    found = {}
    for name, weight in weights.items():
        start = next((each for each in names if name.startswith(each)), "")
        found[names.get(start, "") + name.removeprefix(start)] = weight
    return found
