"""The network of a composed model.

    media ── encoder ── connector ── token merging ── rows ─┐    (an encoder may merge between its blocks as well)
                                                            ├─ fusion ── decoder ── scores
    ids ────────────────────────────────────────────────────┘

Early fusion with rows of their own is models/early.py; the other ways to meet are middle.py, late.py and aligned.py.
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from sensorium.fusion.config import Connector, build_connector
from sensorium.fusion.connectors import Grid
from sensorium.fusion.early import ConcatFeatures, SumFeatures
from sensorium.fusion.gated import GatedMultimodalUnit
from sensorium.fusion.late import LateFusion
from sensorium.fusion.merging import TokenMerging, merge_between
from sensorium.fusion.middle import MiddleFusion, build_middle
from sensorium.inputs.carrier import MediaBatch, RowModality
from sensorium.language.config import build_decoder
from sensorium.language.decoder import Decoder
from sensorium.models.composed.aligned import Aligned
from sensorium.models.composed.config import ComposedConfig
from sensorium.models.composed.encoders import ENCODERS
from sensorium.models.composed.kinds import Shape
from sensorium.models.composed.late import Late
from sensorium.models.composed.middle import Middle
from sensorium.models.composed.pictures import TowerRows
from sensorium.models.early import EarlyFusion, by_shape

Composed = EarlyFusion | Middle | Late | Aligned
"""Any of them satisfies `models.answerer.Network`."""

Encode = Callable[[nn.Module, Tensor, Tensor | None], tuple[Tensor, Grid]]
"""Features [N, ...] and times [N, F] through an encoder, to rows [N, S, D] and the cells that they lie in."""


class Reader(nn.Module):
    """An encoder, the connector behind it, and token merging behind that."""

    def __init__(
        self, *, encoder: nn.Module, connector: Connector, encode: Encode, merging: TokenMerging | None = None
    ) -> None:
        """Build from ready parts."""
        super().__init__()
        self.encoder = encoder
        self.connector = connector
        self.merging = merging
        self._encode = encode

    def forward(self, batch: MediaBatch) -> list[Tensor]:
        """Rows of every item at the language model's width: a list of [S, D]."""
        return by_shape(batch, self._rows)

    def _rows(self, features: Tensor, times: Tensor | None) -> Tensor:
        rows: Tensor = self.connector(*self._encode(self.encoder, features, times))
        return rows if self.merging is None else self.merging(rows).rows


def build(config: ComposedConfig, *, language: Decoder | None = None) -> Composed:
    """A network with PyTorch's random weights.

    Args:
        config: without checkpoints: compose.py has read them.
        language: a decoder that is there already; None to build that of the config.

    Raises: ConfigError for parts that do not fit each other.
    """
    decoder = language or build_decoder(config.language.decoder())
    readers: dict[str, nn.Module] = {modality: _reader(config, modality, decoder.width) for modality in config.encoders}
    early = EarlyFusion(readers=readers, language=decoder)
    fusion = config.fusion
    if fusion.kind == "middle":
        looking: dict[str, MiddleFusion] = {modality: _middle(config, decoder.width) for modality in config.encoders}
        return Middle(early=early, looking=looking)
    if fusion.kind == "late":
        weights: dict[str, float] = {modality: fusion.weights.get(modality, 1.0) for modality in config.encoders}
        return Late(early=early, join=LateFusion(weights=weights, learned=fusion.learned))
    return Aligned(early=early, fuse=_fuse(config, decoder.width)) if fusion.aligned else early


def early_of(network: Composed) -> EarlyFusion:
    """Readers and decoder of a network, however its modalities meet."""
    return network if isinstance(network, EarlyFusion) else network.early


def _reader(config: ComposedConfig, modality: RowModality, out: int) -> Reader:
    chosen, cut = config.encoders[modality], config.merging.get(modality)
    kind, sizes = ENCODERS[chosen.kind], chosen.built_sizes()

    def encode(encoder: nn.Module, features: Tensor, times: Tensor | None) -> tuple[Tensor, Grid]:
        shape: Shape = tuple(features.shape[1:])
        return kind.rows(encoder, features, times), kind.grid(sizes, shape)

    encoder: Any = kind.build(sizes, config.inputs, chosen.layer)
    if chosen.merging:
        merge_between(encoder.tower if isinstance(encoder, TowerRows) else encoder, chosen.merging)
    return Reader(
        encoder=encoder,
        connector=build_connector(config.connector(modality), width=encoder.width, out=out),
        encode=encode,
        merging=None if cut is None else TokenMerging(cut=cut),
    )


def _middle(config: ComposedConfig, width: int) -> MiddleFusion:
    decoder = config.language.decoder()
    return build_middle(
        width=width,
        source_width=width,
        heads=decoder.attention.heads,
        hidden=decoder.hidden,
        after=config.fusion.after,
    )


def _fuse(config: ComposedConfig, width: int) -> ConcatFeatures | SumFeatures | GatedMultimodalUnit:
    widths: dict[str, int] = dict.fromkeys(config.encoders, width)
    if config.fusion.kind == "gated":
        return GatedMultimodalUnit(widths=widths, out=width)
    return (ConcatFeatures if config.fusion.join == "concat" else SumFeatures)(widths=widths, out=width)
