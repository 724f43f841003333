"""A folder of a composed model, which stands alone: what is in it, writing and reading.

config.json        the YAML with all sizes written out, and how media are prepared for encoders that say it themselves
inputs.json        input facts of the others (inputs/spec.py)
tokenizer.json     byte-level BPE of our own; or that of the language model, with its companions and chat template
model.safetensors  weights, under our names
manifest.json      SHA-256 of every file; a folder that does not match is refused
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from sensorium.core.config import from_dict, to_dict
from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.core.files import verify_manifest, write_atomic
from sensorium.models.composed.config import ComposedConfig
from sensorium.models.composed.model import Composed, build
from sensorium.models.loading import give_few_bits
from sensorium.models.nano.folder import CONFIG, INPUTS, TOKENIZER, WEIGHTS, seal
from sensorium.models.reading import of_checkpoint
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint
from sensorium.weights.folder import read_json
from sensorium.weights.quantised import STATED
from sensorium.weights.store import load_weights, save_weights

FAMILY = "composed"

TEMPLATED = "tokenizer_config.json"
"""Is there where the tokenizer came with the language model, and with a chat template."""

WORDS = (
    *(TOKENIZER, TEMPLATED, "special_tokens_map.json", "added_tokens.json", "generation_config.json"),
    *("chat_template.jinja", "chat_template.json"),
)
"""Files that say how words become ids, and which of them end an answer."""


@dataclass(frozen=True, eq=False)
class Model:
    """A composed model in memory. words: content of those files of `WORDS` that it has, by name."""

    config: ComposedConfig
    network: Composed
    words: Mapping[str, bytes]


def save(
    folder: Path, model: Model, weights: Mapping[str, Tensor] | None = None, *, dtype: torch.dtype | None = None
) -> None:
    """Write a model folder; other files in it (card, calibration) stay and enter the manifest.

    Args:
        folder: made if need be.
        model: all of it.
        weights: under the network's names, in place of those that it has now (an average of training, say).
        dtype: of all floating weights; None for the type that each has.

    Raises: ConfigError for a config that still names checkpoints; OSError when a file cannot be written.
    """
    data = to_dict(model.config)
    inputs = data.pop("inputs")
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / CONFIG, as_json({"model_type": FAMILY, **data}))
    write_atomic(folder / INPUTS, as_json(inputs))
    for name, content in model.words.items():
        write_atomic(folder / name, content)
    save_weights(folder / WEIGHTS, model.network.state_dict() if weights is None else weights, dtype=dtype)
    seal(folder)


def load(folder: Path) -> Model:
    """Read a model folder, in fp32.

    Raises: CheckpointError when a file is missing, altered or does not fit the others.
    """
    verify_manifest(folder)
    config = read_config(read_json(folder / CONFIG), read_json(folder / INPUTS), where=str(folder / CONFIG))
    with of_checkpoint(str(folder)), Unfilled():
        network = build(config)
    give_few_bits(network, Checkpoint.of_file(folder / WEIGHTS))
    load_weights(folder / WEIGHTS, network)
    words = {name: (folder / name).read_bytes() for name in WORDS if (folder / name).is_file()}
    return Model(config, network.eval(), words)


def read_config(data: Mapping[str, object], inputs: Mapping[str, object], *, where: str) -> ComposedConfig:
    """The config of a folder, from its config.json and inputs.json.

    Raises: CheckpointError for another model type, a key that there is not, or what does not fit.
    """
    kept = {key: value for key, value in data.items() if key != STATED}
    if kept.pop("model_type", None) != FAMILY:
        raise CheckpointError(f"{where}: model_type is not {FAMILY!r}. Give the folder of a composed model.")
    try:
        return from_dict(ComposedConfig, {**kept, "inputs": dict(inputs)}, where=where)
    except ConfigError as error:  # in a YAML the user's mistake, here the folder's fault
        raise CheckpointError(str(error)) from error


def as_json(data: object) -> bytes:
    """The bytes of a JSON file."""
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()
