"""A folder of a wav2vec 2.0 checkpoint to the object that listens, and back."""

import json
from pathlib import Path

import torch

from sensorium.core.files import write_atomic
from sensorium.media.types import SAMPLE_RATE
from sensorium.models.reading import of_checkpoint
from sensorium.models.wav2vec2.config import Wav2Vec2Config, read_config
from sensorium.models.wav2vec2.inputs import read_letters, read_normed
from sensorium.models.wav2vec2.model import CtcNetwork, build
from sensorium.models.wav2vec2.rules import rules
from sensorium.models.wav2vec2.transcribe import Wav2Vec2
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint, read_json
from sensorium.weights.loading import load_checkpoint, save_checkpoint


def load(folder: Path, *, dtype: torch.dtype | None = torch.float32) -> Wav2Vec2:
    """Read a checkpoint: config.json, weights, vocab.json, and how sound is prepared.

    Args:
        folder: as transformers writes it, of a model with CTC.
        dtype: of the weights; None for the type that they have in the checkpoint.

    Raises: CheckpointError when a file is missing, damaged or foreign, or does not fit the others.
    """
    with of_checkpoint(str(folder)):
        config = read_config(read_json(folder / "config.json"), str(folder / "config.json"))
        with Unfilled():
            network = build(config)
    letters = read_letters(folder, size=config.vocab_size)
    norm = read_normed(folder)
    load_checkpoint(network, Checkpoint.open(folder), rules(config), dtype=dtype)
    return Wav2Vec2(network.eval(), letters, config.vocab_size, norm)


def save(
    folder: Path, network: CtcNetwork, config: Wav2Vec2Config, *, norm: bool, dtype: torch.dtype | None = None
) -> None:
    """Write a checkpoint that other tools read; the tokenizer's files are to be copied beside it.

    Raises: OSError when a file cannot be written.
    """
    table: dict[str, object] = {"architectures": ["Wav2Vec2ForCTC"], "model_type": "wav2vec2"}
    save_checkpoint(folder, network, rules(config), dtype=dtype, config=table | vars(config))
    settings = {
        "feature_extractor_type": "Wav2Vec2FeatureExtractor",
        "feature_size": 1,
        "sampling_rate": SAMPLE_RATE,
        "do_normalize": norm,
        "padding_side": "right",
        "padding_value": 0.0,
        "return_attention_mask": config.feat_extract_norm == "layer",
    }
    write_atomic(folder / "preprocessor_config.json", (json.dumps(settings, indent=2) + "\n").encode())
