"""A folder of a Whisper checkpoint to the object that listens, and back."""

import json
from pathlib import Path

import torch

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.core.errors import CheckpointError
from sensorium.core.files import write_atomic
from sensorium.models.reading import of_checkpoint
from sensorium.models.whisper.config import WhisperConfig, read_config
from sensorium.models.whisper.inputs import mel_of, read_mel, write_mel
from sensorium.models.whisper.model import WhisperNetwork, build
from sensorium.models.whisper.rules import rules
from sensorium.models.whisper.tokens import SpecialTokens, read_tokens, write_generation
from sensorium.models.whisper.transcribe import Whisper
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint, read_json
from sensorium.weights.loading import load_checkpoint, save_checkpoint

_GENERATION = "generation_config.json"


def load(folder: Path, *, dtype: torch.dtype | None = torch.float32) -> Whisper:
    """Read a checkpoint: config.json, generation_config.json, weights, tokenizer.json, and how sound is prepared.

    Args:
        folder: as transformers writes it.
        dtype: of the weights; None for the type that they have in the checkpoint.

    Raises: CheckpointError when a file is missing, damaged or foreign, or does not fit the others.
    """
    where = str(folder / "config.json")
    data = read_json(folder / "config.json")
    with of_checkpoint(str(folder)):
        config = read_config(data, where)
        with Unfilled():
            network = build(config)
    if not (folder / _GENERATION).is_file():
        raise CheckpointError(
            f"{folder}: has no {_GENERATION}, which says what the special tokens are. Fetch it as well, or take "
            "that of the model that this one was made from."
        )
    tokens = read_tokens(read_json(folder / _GENERATION), config, older=data, where=str(folder / _GENERATION))
    mel = read_mel(folder, config)
    tokenizer = HubTokenizer.from_folder(folder)
    load_checkpoint(network, Checkpoint.open(folder), rules(config), dtype=dtype)
    return Whisper(network.eval(), tokenizer, tokens, mel, config.median_filter_width)


def save(
    folder: Path,
    network: WhisperNetwork,
    config: WhisperConfig,
    tokens: SpecialTokens,
    *,
    dtype: torch.dtype | None = None,
) -> None:
    """Write a checkpoint that other tools read; tokenizer.json is to be copied beside it.

    Raises: OSError when a file cannot be written.
    """
    ids = {"bos_token_id": tokens.end, "eos_token_id": tokens.end, "pad_token_id": tokens.end}
    table = {"architectures": ["WhisperForConditionalGeneration"], "model_type": "whisper"}
    table |= vars(config) | ids | {"decoder_start_token_id": tokens.start}
    save_checkpoint(folder, network, rules(config), dtype=dtype, config=table)
    written = {_GENERATION: write_generation(tokens), "preprocessor_config.json": write_mel(mel_of(config))}
    for name, data in written.items():
        write_atomic(folder / name, (json.dumps(data, indent=2) + "\n").encode())
