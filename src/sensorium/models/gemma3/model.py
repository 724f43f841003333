"""The network of Gemma 3 with pictures.

views [N, 3, 896, 896] ── VisionTower ── 4x4 patches to a row ── norm ── matrix ─┐
                                                                                 ├─ EarlyFusion ── decoder ── logits
ids ─────────────────────────────────────────────────────────────────────────────┘

The rows of one view see each other in both directions; all else looks back only.
"""

from math import isqrt

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.fusion.connectors import fold_grid
from sensorium.inputs.carrier import ModelInputs
from sensorium.language.config import build_decoder
from sensorium.models.early import EarlyFusion
from sensorium.models.gemma3.config import Gemma3Config
from sensorium.models.paligemma.model import PictureReader
from sensorium.models.siglip.model import build_vision
from sensorium.nn.norm import CentredRmsNorm


class PooledConnector(nn.Module):
    """The mean of each square of patches, normed, to the language model's width."""

    def __init__(self, *, width: int, out: int, pool: int, eps: float) -> None:
        """Build.

        Args:
            width: D of the tower.
            out: D of the language model.
            pool: patches along each side of a square.
            eps: of the norm.
        """
        super().__init__()
        self.pool = pool
        self.norm = CentredRmsNorm(width, eps)
        self.out = nn.Linear(width, out, bias=False)

    def forward(self, rows: Tensor) -> Tensor:
        """Inputs: rows: [N, P, D] of a square of patches. Returns: [N, P / pool^2, out]."""
        side = isqrt(rows.shape[1])
        squares = fold_grid(rows, side, side, self.pool).unflatten(-1, (-1, rows.shape[-1]))  # [N, S, pool^2, D]
        return self.out(self.norm(squares.mean(dim=2)))


def view_groups(inputs: ModelInputs) -> Tensor:
    """The rows of each view as a group; words stand between any two views. Returns: [B, T], -1 outside."""
    if not inputs.places:
        return torch.full_like(inputs.ids, -1)
    places = torch.stack(inputs.places).any(dim=0)
    starts = places & ~F.pad(places, (1, 0))[:, :-1]
    return torch.where(places, starts.cumsum(dim=1) - 1, -1)


def build(config: Gemma3Config) -> EarlyFusion:
    """A network with random weights."""
    tower = build_vision(config.vision)
    connector = PooledConnector(
        width=tower.width, out=config.language.width, pool=config.pool, eps=config.vision.layer_norm_eps
    )
    reader = PictureReader(tower=tower, connector=connector)
    return EarlyFusion(readers={"image": reader}, language=build_decoder(config.language), groups=view_groups)
