"""A folder of a `nano` model: what is in it, writing and reading.

config.json        sizes of the parts
inputs.json        input facts (inputs/spec.py)
tokenizer.json     byte-level BPE
model.safetensors  weights, fp16
calibration.json   how sure is sure, once measured (runtime/calibration.py)
README.md          the model card
manifest.json      SHA-256 of every file; a folder that does not match is refused
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.config import from_dict, to_dict
from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.core.files import MANIFEST, verify_manifest, write_atomic, write_manifest
from sensorium.inputs.spec import InputSpec
from sensorium.models.early import EarlyFusion
from sensorium.models.loading import give_few_bits
from sensorium.models.nano.config import NanoConfig
from sensorium.models.nano.model import build
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint
from sensorium.weights.folder import read_json
from sensorium.weights.quantised import STATED
from sensorium.weights.store import load_weights, save_weights

CONFIG, INPUTS, TOKENIZER, WEIGHTS = "config.json", "inputs.json", "tokenizer.json", "model.safetensors"
FAMILY = "nano"


def save_nano(folder: Path, config: NanoConfig, tokenizer: Tokenizer, weights: Mapping[str, Tensor]) -> None:
    """Write a model folder; other files in it (card, calibration) stay and enter the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    sizes = to_dict(config)
    inputs = sizes.pop("inputs")
    write_atomic(folder / CONFIG, _json({"model_type": FAMILY} | sizes))
    write_atomic(folder / INPUTS, _json(inputs))
    write_atomic(folder / TOKENIZER, tokenizer.to_json().encode())
    save_weights(folder / WEIGHTS, weights, dtype=torch.float16)
    seal(folder)


def seal(folder: Path) -> None:
    """Write the manifest anew over all files of the folder, but for those of tools (core/files.py)."""
    names = [path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    write_manifest(folder, set(names) - {MANIFEST})


def load_nano(folder: Path) -> tuple[EarlyFusion, NanoConfig, Tokenizer]:
    """Read a model folder. Raises: CheckpointError when a file is missing, altered or does not fit the others."""
    verify_manifest(folder)
    sizes = read_json(folder / CONFIG)
    sizes.pop(STATED, None)
    if sizes.pop("model_type", None) != FAMILY:
        raise CheckpointError(f"{folder / CONFIG}: model_type is not {FAMILY!r}. Give the folder of a nano model.")
    try:
        inputs = from_dict(InputSpec, read_json(folder / INPUTS), where=str(folder / INPUTS))
        config = replace(from_dict(NanoConfig, sizes, where=str(folder / CONFIG)), inputs=inputs)
        with Unfilled():
            model = build(config, initialise=False)
    except ConfigError as error:  # in a recipe the user's mistake, here the folder's fault
        raise CheckpointError(f"{folder}: {error}") from error
    tokenizer = Tokenizer.from_file(folder / TOKENIZER)
    if tokenizer.vocabulary > config.language.vocabulary:
        raise CheckpointError(
            f"{folder}: the tokenizer has {tokenizer.vocabulary} ids, the model only {config.language.vocabulary}. "
            "They do not belong together; fetch the model again."
        )
    give_few_bits(model, Checkpoint.of_file(folder / WEIGHTS))
    load_weights(folder / WEIGHTS, model)
    return model.eval(), config, tokenizer


def _json(data: object) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()
