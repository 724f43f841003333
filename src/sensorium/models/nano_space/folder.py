"""A folder of a `nano-space`: written, read, and begun from a `nano`.

config.json        sizes of the parts
inputs.json        input facts (inputs/spec.py)
tokenizer.json     that of the nano it began with
model.safetensors  weights, bf16
sharpness.json     by modality what cosines are multiplied with, once measured (space/report)
README.md          the model card
manifest.json      SHA-256 of every file; a folder that does not match is refused
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from sensorium.chat.template import END
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.config import from_dict, to_dict
from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.core.files import verify_manifest, write_atomic
from sensorium.inputs.spec import InputSpec
from sensorium.models.nano.folder import CONFIG, INPUTS, TOKENIZER, WEIGHTS, load_nano, seal
from sensorium.models.nano_space.config import NanoSpaceConfig, TextConfig
from sensorium.models.nano_space.model import build
from sensorium.models.nano_space.placer import NanoSpace
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.folder import read_json
from sensorium.weights.store import load_weights, save_weights

FAMILY = "nano-space"
SHARPNESS = "sharpness.json"


def begin(nano: Path) -> NanoSpace:
    """A space whose encoders, tokenizer and token embeddings are copies of a `nano`'s; all else is random.

    Raises: CheckpointError for a folder that is no `nano`.
    """
    model, sizes, tokenizer = load_nano(nano)
    language = sizes.language
    config = NanoSpaceConfig(
        vision=sizes.vision,
        audio=sizes.audio,
        video=sizes.video,
        text=TextConfig(vocabulary=language.vocabulary, width=language.width, heads=language.heads),
        inputs=sizes.inputs,
    )
    network = build(config, end=tokenizer.special(END))
    for modality, reader in model.readers.items():
        network.media[modality].get_submodule("encoder").load_state_dict(reader.get_submodule("encoder").state_dict())
    network.text.get_submodule("tower.embedding").load_state_dict(model.language.embedding.state_dict())
    return NanoSpace(network, config, tokenizer, {})


def save_space(folder: Path, model: NanoSpace, weights: Mapping[str, Tensor] | None = None) -> None:
    """Write a model folder; other files in it (the card) stay and enter the manifest.

    Args:
        folder: made where it is not there.
        model: what is written.
        weights: those of a network of its kind, in place of its own.

    Raises: OSError when a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sizes = to_dict(model.config)
    inputs = sizes.pop("inputs")
    write_atomic(folder / CONFIG, _json({"model_type": FAMILY} | sizes))
    write_atomic(folder / INPUTS, _json(inputs))
    write_atomic(folder / TOKENIZER, model.tokenizer.to_json().encode())
    write_atomic(folder / SHARPNESS, _json(dict(model.measured)))
    save_weights(folder / WEIGHTS, weights or model.network.state_dict(), dtype=torch.bfloat16)
    seal(folder)


def load_space(folder: Path) -> NanoSpace:
    """Read a model folder. Raises: CheckpointError when a file is missing, altered or does not fit the others."""
    verify_manifest(folder)
    sizes = read_json(folder / CONFIG)
    if sizes.pop("model_type", None) != FAMILY:
        raise CheckpointError(f"{folder / CONFIG}: model_type is not {FAMILY!r}. Give the folder of a nano-space.")
    tokenizer = Tokenizer.from_file(folder / TOKENIZER)
    try:
        inputs = from_dict(InputSpec, read_json(folder / INPUTS), where=str(folder / INPUTS))
        config = replace(from_dict(NanoSpaceConfig, sizes, where=str(folder / CONFIG)), inputs=inputs)
        with Unfilled():
            network = build(config, end=tokenizer.special(END), initialise=False)
    except ConfigError as error:  # in a recipe the user's mistake, here the folder's fault
        raise CheckpointError(f"{folder}: {error}") from error
    load_weights(folder / WEIGHTS, network)
    return NanoSpace(network, config, tokenizer, _sharpness(folder / SHARPNESS))


def _sharpness(path: Path) -> dict[str, float]:
    found = {name: value for name, value in read_json(path).items() if isinstance(value, float | int) and value > 0}
    if len(found) != len(read_json(path)):
        raise CheckpointError(f"{path}: expected a number above 0 for each modality. Fetch the model again.")
    return found


def _json(data: object) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()
