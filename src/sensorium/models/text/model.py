"""A language model alone: ids ── embedding ── Decoder ── logits. It satisfies `models.answerer.Network`."""

from pathlib import Path

import torch
from torch import Tensor, nn

from sensorium.core.errors import UnsupportedMedia
from sensorium.inputs.carrier import ModelInputs
from sensorium.language.config import DecoderConfig, build_decoder
from sensorium.language.decoder import Decoder
from sensorium.models.loading import load_checkpoint
from sensorium.models.reading import of_checkpoint
from sensorium.models.text.config import read_config
from sensorium.models.text.rules import rules
from sensorium.nn.cache import KVCache
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import Checkpoint, read_json
from sensorium.weights.keymap import KeyMap


class TextModel(nn.Module):
    """A decoder that takes words only."""

    def __init__(self, *, language: Decoder) -> None:
        """Build from a ready decoder."""
        super().__init__()
        self.language = language

    def encode(self, inputs: ModelInputs) -> ModelInputs:
        """The inputs as they are. Raises: UnsupportedMedia when there are media among them."""
        if inputs.media:
            kinds = ", ".join(batch.modality for batch in inputs.media)
            raise UnsupportedMedia(f"talk: got {kinds}; this model takes text only. Ask a model that takes them.")
        return inputs

    def embed(self, inputs: ModelInputs) -> Tensor:
        """Token embeddings. Returns: [B, T, D]. Raises: as `encode`."""
        embeds: Tensor = self.language.embedding(self.encode(inputs).ids)
        return embeds

    def forward(self, inputs: ModelInputs, cache: KVCache | None = None) -> Tensor:
        """Hidden states of a whole batch. Returns: [B, T, D]."""
        return self.language(self.embed(inputs), inputs.positions, present=inputs.present, cache=cache)

    def new_cache(self, batch: int, capacity: int) -> KVCache:
        """Room for `capacity` tokens of `batch` sequences."""
        return self.language.new_cache(batch, capacity)

    def prefill(self, inputs: ModelInputs, cache: KVCache) -> Tensor:
        """Take whole prompts. Returns: scores of the next token [B, V]."""
        return self.language.logits(self(inputs, cache)[:, -1])

    def decode(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        """Take one more token each; inputs as in `engine.generate.TokenModel`. Returns: scores of the next [B, V]."""
        return self.language.step(ids, positions, present, cache)


def build(config: DecoderConfig) -> TextModel:
    """A language model with PyTorch's random weights."""
    return TextModel(language=build_decoder(config))


def key_map(config: DecoderConfig) -> KeyMap:
    """Names of its checkpoint to those of a `TextModel`, and back."""
    return rules(config).under(ours="language.")


def load(folder: Path, *, dtype: torch.dtype | None = None) -> TextModel:
    """Read a checkpoint in the form that transformers writes.

    Args:
        folder: with config.json and safetensors weights.
        dtype: of the weights; None for the checkpoint's own.

    Raises: CheckpointError when a file is missing, damaged, of a family that we do not have, or does not fit
    the others.
    """
    data = read_json(folder / "config.json")
    with of_checkpoint(str(folder)):
        config = read_config(data, where=str(folder / "config.json"))
        with Unfilled():
            model = build(config)
    load_checkpoint(model, Checkpoint.open(folder), key_map(config), dtype=dtype)
    return model.eval()
