"""Two encoders into one space: what CLIP (Radford et al. 2021) and SigLIP (Zhai et al. 2023) have in common.

pixels ── VisionTower ── pool ── project ── unit length ─┐
                                                         ├─ scores
ids ───── TextTower ──── pool ── project ── unit length ─┘
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import UsageError
from sensorium.encoders.text_tower import TextTower
from sensorium.encoders.vision_tower import VisionTower


class ImageEmbedder(nn.Module):
    """Pictures of one shape to one row each."""

    def __init__(self, *, tower: VisionTower, pool: nn.Module, project: nn.Module, rows: slice | None = None) -> None:
        """Build from ready parts.

        Args:
            tower: pictures to rows.
            pool: turns rows [N, S, D] into one [N, D].
            project: brings it to the space.
            rows: that `pool` looks at; None for all.
        """
        super().__init__()
        self.rows = rows
        self.tower = tower
        self.pool = pool
        self.project = project

    def forward(self, pixels: Tensor) -> Tensor:
        """Inputs: pixels: [N, 3, height, width]. Returns: [N, D], of any length."""
        return self.project(self.pool(self.tower(pixels, rows=self.rows)))


class TextEmbedder(nn.Module):
    """Texts to one row each."""

    def __init__(self, *, tower: TextTower, pool: nn.Module, project: nn.Module) -> None:
        """Build from ready parts: `pool` turns rows [B, T, D] and ids [B, T] into one [B, D], `project` as above."""
        super().__init__()
        self.tower = tower
        self.pool = pool
        self.project = project

    def forward(self, ids: Tensor, present: Tensor | None = None) -> Tensor:
        """Inputs: ids, present: [B, T], as `TextTower` takes them. Returns: [B, D], of any length."""
        return self.project(self.pool(self.tower(ids, present), ids))


class DualEncoder(nn.Module):
    """Pictures and texts in one space. A checkpoint of one tower alone has only one of them."""

    def __init__(
        self,
        *,
        image: ImageEmbedder | None,
        text: TextEmbedder | None,
        width: int,
        logit_scale: Tensor | None = None,
        logit_bias: Tensor | None = None,
    ) -> None:
        """Build from ready parts.

        Args:
            image, text: the two encoders.
            width: D of the space.
            logit_scale: logarithm of what cosines are multiplied with; None where only one encoder is there.
            logit_bias: what is added then. With it every pair is judged for itself (SigLIP: sigmoid); without it texts
                are rivals (CLIP: softmax).
        """
        super().__init__()
        self.image = image
        self.text = text
        self.width = width
        self.logit_scale = None if logit_scale is None else nn.Parameter(logit_scale)
        self.logit_bias = None if logit_bias is None else nn.Parameter(logit_bias)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    def embed_images(self, pixels: Tensor) -> Tensor:
        """Places of pictures in the space.

        Inputs: pixels: [N, 3, height, width], prepared as the checkpoint says.

        Returns: [N, D] fp32, unit length.

        Raises: UsageError when the checkpoint has no vision tower.
        """
        if self.image is None:
            raise missing_tower("pictures", "vision")
        return F.normalize(self.image(pixels).float(), dim=-1)

    def embed_texts(self, ids: Tensor, present: Tensor | None = None) -> Tensor:
        """Places of texts in the space.

        Inputs: ids, present: [B, T], as `TextTower` takes them.

        Returns: [B, D] fp32, unit length.

        Raises: UsageError when the checkpoint has no text tower; LimitExceeded for too many tokens.
        """
        if self.text is None:
            raise missing_tower("texts", "text")
        return F.normalize(self.text(ids, present).float(), dim=-1)

    def scores(self, images: Tensor, texts: Tensor) -> Tensor:
        """How well each picture goes with each text: the logits that the model was trained with.

        Inputs: images: [N, D], texts: [B, D], both of unit length.

        Returns: [N, B] fp32.

        Raises: UsageError when the checkpoint has only one of the towers.
        """
        if self.logit_scale is None:
            raise missing_tower("scores", "vision" if self.image is None else "text")
        cosines = images @ texts.T
        scores = cosines * self.logit_scale.float().exp()
        return scores if self.logit_bias is None else scores + self.logit_bias.float()

    def chances(self, scores: Tensor) -> Tensor:
        """Probabilities of scores [N, B]: of each pair where the model judges pairs, otherwise over the texts."""
        return scores.softmax(dim=-1) if self.logit_bias is None else torch.sigmoid(scores)


def missing_tower(what: str, tower: str) -> UsageError:
    """The error for what a checkpoint cannot give for want of a tower."""
    return UsageError(
        f"This checkpoint gives no {what}: it has no {tower} tower. Load one that has both, such as the whole CLIP or "
        "SigLIP model."
    )
