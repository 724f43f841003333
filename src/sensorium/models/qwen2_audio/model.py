"""The network of Qwen2-Audio (Chu et al. 2024).

    mel [N, M, F] ───── WhisperEncoder, rows averaged in pairs ── linear ─┐
                                                                          ├─ EarlyFusion ── Qwen2 decoder ── logits
    ids ──────────────────────────────────────────────────────────────────┘

A row stands for 40 ms. Unlike in Whisper, no row of a sound sees the silence behind it, so there need be none.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.encoders.audio_whisper import STRIDE, WhisperEncoder
from sensorium.inputs.carrier import MediaBatch
from sensorium.language.config import build_decoder
from sensorium.models.early import EarlyFusion
from sensorium.models.qwen2_audio.config import POOL, EncoderConfig, Qwen2AudioConfig
from sensorium.nn.block import tower_block

EPS = 1e-5

SOUNDS_AT_ONCE = 4
"""Sounds that go through the encoder together; so memory does not grow with their number."""


class SoundReader(nn.Module):
    """Sounds to rows of the language model's width."""

    def __init__(self, *, encoder: WhisperEncoder, projector: nn.Linear) -> None:
        """Build from ready parts."""
        super().__init__()
        self.encoder = encoder
        self.projector = projector

    def forward(self, batch: MediaBatch) -> list[Tensor]:
        """Items are [M, frames] fp32, as `inputs.Preparer` cuts them. Returns: a list of [S, D]."""
        sounds = batch.features
        groups = (sounds[first : first + SOUNDS_AT_ONCE] for first in range(0, len(sounds), SOUNDS_AT_ONCE))
        return [rows for group in groups for rows in self._rows(group)]

    def _rows(self, sounds: Sequence[Tensor]) -> list[Tensor]:
        counts = [sound.shape[1] // STRIDE for sound in sounds]
        longest = max(sound.shape[1] for sound in sounds)
        mel = torch.stack([F.pad(sound, (0, longest - sound.shape[1])) for sound in sounds])
        places = torch.arange(-(-longest // STRIDE), device=mel.device)
        sound_there = places < torch.tensor(counts, device=mel.device).unsqueeze(-1)  # [N, P]
        mask = sound_there[:, None, None].expand(-1, 1, len(places), -1)
        rows = self.projector(self.encoder(mel.to(self.encoder.positions), mask=mask))  # [N, P / 2, D]
        return [each[: count // POOL] for each, count in zip(rows, counts, strict=True)]


def build(config: Qwen2AudioConfig) -> EarlyFusion:
    """A network with random weights."""
    projector = nn.Linear(config.audio.d_model, config.language.width)
    reader = SoundReader(encoder=build_encoder(config.audio), projector=projector)
    return EarlyFusion(readers={"audio": reader}, language=build_decoder(config.language))


def build_encoder(config: EncoderConfig) -> WhisperEncoder:
    """The encoder alone."""
    width, heads, hidden = config.d_model, config.encoder_attention_heads, config.encoder_ffn_dim
    return WhisperEncoder(
        mel_bins=config.num_mel_bins,
        width=width,
        positions=config.max_source_positions,
        blocks=[
            tower_block(width, heads, hidden, activation=config.activation_function, eps=EPS)
            for _ in range(config.encoder_layers)
        ],
        pool=POOL,
    )
