"""The network of Llama 3.2 Vision.

tiles [rows, columns, 3, side, side] ── TiledVision ── projector ── rows
                                                                     │ keys and values of each GatedCrossBlock
ids ── embedding ── block, block, ── GatedCrossBlock ── block, … ── norm ── head ── logits
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from sensorium.core.errors import EngineError
from sensorium.encoders.vision_mllama import PlaceTable, TiledVision, TileTable
from sensorium.fusion.cross import CrossCache, GatedCrossBlock, Shown, side_by_side
from sensorium.fusion.middle import MiddleFusion
from sensorium.inputs.carrier import MediaBatch, ModelInputs
from sensorium.language.config import DecoderConfig, build_decoder
from sensorium.language.decoder import Decoder
from sensorium.models.mllama.config import Grid, MllamaConfig, MllamaVisionConfig
from sensorium.nn.attention import Attention, CrossAttention
from sensorium.nn.block import Block
from sensorium.nn.cache import KVCache
from sensorium.nn.gate import TanhGate
from sensorium.nn.linear import Linear
from sensorium.nn.mlp import GatedMlp, Mlp
from sensorium.nn.norm import RmsNorm


class TileReader(nn.Module):
    """Pictures in tiles to rows of the language model's width."""

    def __init__(self, *, tower: TiledVision, projector: nn.Linear, grids: Sequence[Grid]) -> None:
        """Build from ready parts; `grids` in the order of their numbers."""
        super().__init__()
        self.tower = tower
        self.projector = projector
        self.grids = tuple(grids)

    def forward(self, batch: MediaBatch) -> list[Tensor]:
        """Items are [rows, columns, 3, side, side] fp32, normalised. Returns: a list of [S, D], tile by tile."""
        return [self.projector(self._encoded(item)).flatten(0, 1) for item in batch.features]

    def _encoded(self, item: Tensor) -> Tensor:
        rows, columns = item.shape[:2]
        rows_of_tiles: Tensor = self.tower(item.flatten(0, 1), 1 + self.grids.index((rows, columns)))
        return rows_of_tiles


class Mllama(nn.Module):
    """A decoder whose text looks at pictures in blocks of their own, behind some of its blocks."""

    def __init__(self, *, reader: TileReader, language: Decoder, middle: MiddleFusion) -> None:
        """Build from ready parts."""
        super().__init__()
        self.reader = reader
        self.language = language
        self.middle = middle

    def encode(self, inputs: ModelInputs) -> ModelInputs:
        """The same inputs with the rows of all media made, for whoever wants to look at them before they are taken."""
        return replace(inputs, media=tuple(replace(each, rows=tuple(self.reader(each))) for each in inputs.media))

    def forward(self, inputs: ModelInputs, cache: KVCache | None = None) -> Tensor:
        """Hidden states of a whole batch. Returns: [B, T, D].

        Raises: SpanMismatch when pictures and the tokens that stand for them do not agree.
        """
        before = 0 if cache is None else cache.length
        shown = Shown.nothing(len(inputs.ids), inputs.ids.device) if cache is None else _crossed(cache).shown
        marks = inputs.places[0] if inputs.places else torch.zeros_like(inputs.ids, dtype=torch.bool)
        shown = shown.marked(marks, before)
        for batch in inputs.media:
            samples = [span.sample for span in batch.spans]
            places, rows = side_by_side(
                batch.rows or self.reader(batch), samples, marks, what=batch.modality, before=before
            )
            shown = shown.extended(places, self.middle.look(rows))
        if cache is not None:
            _crossed(cache).shown = shown
        return self._through(self.language.embedding(inputs.ids), inputs.positions, inputs.present, cache, shown)

    def new_cache(self, batch: int, capacity: int) -> CrossCache:
        """Room for `capacity` tokens of `batch` sequences, and for whatever they are shown."""
        return CrossCache(self.language.new_cache(batch, capacity).layers)

    def prefill(self, inputs: ModelInputs, cache: KVCache) -> Tensor:
        """Take whole prompts. Returns: scores of the next token [B, V]."""
        return self.language.logits(self(inputs, cache)[:, -1])

    def decode(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        """Take one more token each; inputs as in `engine.generate.TokenModel`. Returns: scores of the next [B, V]."""
        shown = _crossed(cache).shown
        if not shown.layers:
            return self.language.step(ids, positions, present, cache)
        embeds = self.language.embedding(ids.unsqueeze(1))
        return self.language.logits(self._through(embeds, positions.unsqueeze(1), present, cache, shown)[:, -1])

    def _through(
        self, embeds: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache | None, shown: Shown
    ) -> Tensor:
        """Hidden states of tokens [B, T, D], the last of what `shown` knows or one behind. Returns: [B, T, D]."""
        after = self.middle.works(shown.layers, sees=shown.sees(embeds.shape[1])) if shown.layers else None
        return self.language(embeds, positions, present=present, cache=cache, after=after)


def _crossed(cache: KVCache) -> CrossCache:
    """The cache as what it must be. Raises: EngineError for one that another model made."""
    if isinstance(cache, CrossCache):
        return cache
    raise EngineError(
        f"cache: got a {type(cache).__name__}; expected the CrossCache that new_cache of this model gives. Take that."
    )


def build(config: MllamaConfig) -> Mllama:
    """A network with random weights; all gates are shut."""
    vision = config.vision
    language = build_decoder(config.language)
    language.head = Linear(config.language.width, config.said, bias=False)  # fewer ids are said than read
    return Mllama(
        reader=TileReader(
            tower=build_tower(vision),
            projector=nn.Linear(vision.vision_output_dim, config.language.width),
            grids=vision.grids,
        ),
        language=language,
        middle=MiddleFusion(
            blocks={layer - number - 1: _cross_block(config.language) for number, layer in enumerate(config.cross)}
        ),
    )


def _cross_block(config: DecoderConfig) -> GatedCrossBlock:
    norm = partial(RmsNorm, eps=config.norm.eps)
    return GatedCrossBlock(
        attention=CrossAttention(
            width=config.width,
            source_width=config.width,
            heads=config.attention.heads,
            kv_heads=config.attention.kv_heads,
            qk_norm=norm,
        ),
        mlp=GatedMlp(config.width, config.hidden, activation=config.activation),
        attention_norm=norm(config.width),
        mlp_norm=norm(config.width),
    )


def build_tower(config: MllamaVisionConfig) -> TiledVision:
    """The vision tower."""
    table = partial(TileTable, shapes=len(config.grids), tiles=config.max_num_tiles, width=config.hidden_size)
    return TiledVision(
        patches=nn.Conv2d(3, config.hidden_size, config.patch_size, stride=config.patch_size, bias=False),
        before=table(rows=1),
        places=PlaceTable(tiles=table(rows=config.rows_per_tile)),
        blocks=[_tower_block(config, gated=False) for _ in range(config.num_hidden_layers)],
        after=table(rows=1),
        last_blocks=[_tower_block(config, gated=True) for _ in range(config.num_global_layers)],
        taken=config.intermediate_layers_indices,
    )


def _tower_block(config: MllamaVisionConfig, *, gated: bool) -> Block:
    """A block; of a gated one, gates stand where others norm what is added."""
    return Block(
        attention=Attention(width=config.hidden_size, heads=config.attention_heads),
        mlp=Mlp(config.hidden_size, config.intermediate_size, activation=config.hidden_act),
        attention_norm=nn.LayerNorm(config.hidden_size, eps=config.norm_eps),
        mlp_norm=nn.LayerNorm(config.hidden_size, eps=config.norm_eps),
        attention_post_norm=TanhGate() if gated else None,
        mlp_post_norm=TanhGate() if gated else None,
    )
