"""The network of PaliGemma 1 and 2.

pictures [N, 3, 224, 224] ── VisionTower ── one matrix ─┐
                                                        ├─ EarlyFusion ── Gemma decoder ── logits
ids ────────────────────────────────────────────────────┘

The tokens of a prompt, its pictures' rows among them, see each other in both directions; those of the answer look back.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sensorium.encoders.vision_tower import VisionTower
from sensorium.inputs.carrier import MediaBatch, ModelInputs
from sensorium.language.config import build_decoder
from sensorium.models.early import EarlyFusion
from sensorium.models.paligemma.config import PaliGemmaConfig
from sensorium.models.siglip.model import build_vision


class PictureReader(nn.Module):
    """Pictures to rows of the language model's width."""

    def __init__(self, *, tower: VisionTower, connector: nn.Module) -> None:
        """Build. Args: tower: used with its final norm; connector: rows [N, P, D of the tower] to [N, S, D]."""
        super().__init__()
        self.tower = tower
        self.connector = connector

    def forward(self, batch: MediaBatch) -> list[Tensor]:
        """Items are [views, 3, height, width] fp32, normalised. Returns: a list of [S, D], view after view.

        One view at a time: thousands of patches fill the processor, and memory does not grow with their number.
        """
        return [
            torch.cat([self.connector(self.tower(view)) for view in views.split(1)]).flatten(0, 1)
            for views in batch.features
        ]


@dataclass(frozen=True)
class PromptLine:
    """The prompt as one group: all tokens up to the first `end`, the id of a line's end, which closes it."""

    end: int

    def __call__(self, inputs: ModelInputs) -> Tensor:
        """As `models.early.Groups`: 0 in the prompt, -1 in the answer."""
        ends = (inputs.ids == self.end).long()
        return -(ends.cumsum(dim=1) - ends).clamp(max=1)


def build(config: PaliGemmaConfig, *, end: int) -> EarlyFusion:
    """A network with random weights; `end` is the id that closes prompts."""
    tower = build_vision(config.vision)
    reader = PictureReader(tower=tower, connector=nn.Linear(tower.width, config.language.width))
    return EarlyFusion(readers={"image": reader}, language=build_decoder(config.language), groups=PromptLine(end))
