"""The network of Qwen2-VL, Qwen2.5-VL and Qwen3-VL.

frames [F, 3, height, width] ── QwenVision ── rows ─┐            ┌─ rows of earlier layers (Qwen3)
                                                    ├─ EarlyFusion ── decoder ── logits
ids ────────────────────────────────────────────────┘  positions: time, row, column
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from sensorium.encoders.vision_qwen import Cut, Merger, PlaceTable, QwenVision, Sight
from sensorium.inputs.carrier import MediaBatch, ModelInputs
from sensorium.language.config import build_decoder
from sensorium.language.decoder import Decoder, Work
from sensorium.models.early import EarlyFusion
from sensorium.models.qwen_vl.config import QwenVLConfig, TowerConfig
from sensorium.models.qwen_vl.rotary import SpaceTimeRotary, chunked, interleaved
from sensorium.nn.attention import Attention
from sensorium.nn.block import Block, tower_block
from sensorium.nn.cache import KVCache
from sensorium.nn.mlp import GatedMlp
from sensorium.nn.norm import RmsNorm

EPS = 1e-6
"""Of all norms of the vision tower."""


class FrameReader(nn.Module):
    """Pictures and films to rows; those of earlier layers stand beside them, [S, levels * D]."""

    def __init__(self, *, tower: QwenVision) -> None:
        """Build from a ready tower."""
        super().__init__()
        self.tower = tower

    def forward(self, batch: MediaBatch) -> list[Tensor]:
        """Items are [frames, 3, height, width] fp32, normalised. Returns: a list of [S, levels * D]."""
        return [self.tower(item) for item in batch.features]


class QwenVL(nn.Module):
    """Early fusion, and rows of earlier layers of the tower added in the first layers of the decoder (DeepStack).

    Such rows travel in `MediaBatch.rows`, on the right of those that take the places of tokens.
    """

    def __init__(self, *, tower: QwenVision, language: Decoder) -> None:
        """Build from ready parts."""
        super().__init__()
        reader = FrameReader(tower=tower)
        # One reader for both: films have placeholders of their own.
        self.fusion = EarlyFusion(readers={"image": reader, "video": reader}, language=language)
        self.cut = tower.cut
        self.levels = tower.levels

    @property
    def language(self) -> Decoder:
        """The decoder."""
        return self.fusion.language

    def encode(self, inputs: ModelInputs) -> ModelInputs:
        """The same inputs with the rows of all media made, for whoever wants to look at them before they are taken."""
        return self.fusion.encode(inputs)

    def forward(self, inputs: ModelInputs, cache: KVCache | None = None) -> Tensor:
        """Hidden states of a whole batch. Returns: [B, T, D].

        Raises: SpanMismatch when rows and placeholders do not agree.
        """
        width = self.language.width
        media = tuple(replace(each, rows=each.rows or tuple(self.fusion.rows(each))) for each in inputs.media)
        firsts = (replace(each, rows=tuple(rows[:, :width] for rows in each.rows)) for each in media)
        return self.language(
            self.fusion.embed(replace(inputs, media=tuple(firsts))),
            inputs.positions,
            present=inputs.present,
            cache=cache,
            after=self._deepstack(replace(inputs, media=media)) if media and self.levels > 1 else None,
        )

    def new_cache(self, batch: int, capacity: int) -> KVCache:
        """Room for `capacity` tokens of `batch` sequences."""
        return self.fusion.new_cache(batch, capacity)

    def prefill(self, inputs: ModelInputs, cache: KVCache) -> Tensor:
        """Take whole prompts. Returns: scores of the next token [B, V]."""
        return self.language.logits(self(inputs, cache)[:, -1])

    def decode(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        """Take one more token each; inputs as in `engine.generate.TokenModel`. Returns: scores of the next [B, V]."""
        return self.fusion.decode(ids, positions, present, cache)

    def _deepstack(self, inputs: ModelInputs) -> dict[int, Work]:
        """Per layer of the decoder, what is added to the hidden states of placeholders after it."""
        found = [
            (places.unsqueeze(-1), torch.cat(batch.rows).split(self.language.width, dim=-1)[1:])
            for batch, places in zip(inputs.media, inputs.places, strict=True)
        ]
        return {
            layer: partial(_add_rows, rows=[(places, levels[layer]) for places, levels in found])
            for layer in range(self.levels - 1)
        }


def _add_rows(hidden: Tensor, *, rows: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Hidden states [B, T, D] with rows [S, D] added where [B, T, 1] is True."""
    for places, each in rows:
        hidden = hidden + torch.zeros_like(hidden).masked_scatter(places, each.to(hidden.dtype))
    return hidden


def build(config: QwenVLConfig) -> QwenVL:
    """A network with random weights."""
    axes = (interleaved if config.interleaved else chunked)(config.sections)
    head_width, base = config.language.attention.head_width, config.language.rotary.base
    rotary = SpaceTimeRotary(axes, head_width=head_width, base=base)
    return QwenVL(tower=build_tower(config.vision), language=build_decoder(config.language, rotary=rotary))


def build_tower(config: TowerConfig) -> QwenVision:
    """The vision tower."""
    cut = Cut(config.patch, config.tubelet, config.fold)
    merger = partial(Merger, width=config.width, square=cut.square, out=config.out, norm=_norm(config))
    return QwenVision(
        cut=cut,
        embedding=nn.Linear(3 * config.tubelet * config.patch**2, config.width, bias=config.patch_bias),
        blocks=[_block(config) for _ in range(config.layers)],
        merger=merger(),
        sight=Sight(config.window, config.whole),
        places=None if config.side is None else PlaceTable(side=config.side, width=config.width),
        deep={index: merger(joined=True) for index in config.deep},
        base=config.base,
    )


def _block(config: TowerConfig) -> Block:
    if not config.gated:
        return tower_block(config.width, config.heads, config.hidden, activation=config.activation, eps=EPS)
    norm = _norm(config)
    return Block(
        attention=Attention(width=config.width, heads=config.heads, bias=True, out_bias=True),
        mlp=GatedMlp(config.width, config.hidden, activation=config.activation, bias=True),
        attention_norm=norm(config.width),
        mlp_norm=norm(config.width),
    )


def _norm(config: TowerConfig) -> Callable[[int], nn.Module]:
    return partial(RmsNorm if config.norm == "rms" else nn.LayerNorm, eps=EPS)
