"""Networks that name films: an encoder, and a head that tells classes.

    frames ── encoder ── rows ── pool ── norm ── classifier ── logits

A checkpoint may have no head: it was trained without classes, or shall be a part of another model.
"""

from torch import Tensor, nn

from sensorium.core.errors import UsageError


class ClassHead(nn.Module):
    """Rows of clips to a number for each class."""

    def __init__(self, *, pool: nn.Module, classifier: nn.Linear, norm: nn.Module | None = None) -> None:
        """Build from ready parts: `pool` turns rows [N, S, D] into one [N, D], `norm` comes behind it."""
        super().__init__()
        self.pool = pool
        self.norm = norm or nn.Identity()
        self.classifier = classifier

    def forward(self, rows: Tensor) -> Tensor:
        """Inputs: rows: [N, S, D]. Returns: [N, classes]."""
        return self.classifier(self.norm(self.pool(rows)))


class VideoNetwork(nn.Module):
    """Clips to rows, and to classes."""

    def __init__(self, *, encoder: nn.Module, head: ClassHead | None) -> None:
        """Build from ready parts; `head` None where a checkpoint is an encoder alone."""
        super().__init__()
        self.encoder = encoder
        self.head = head

    def rows(self, frames: Tensor) -> Tensor:
        """What a language model or another head is fed with.

        Inputs: frames: [N, F, 3, height, width], prepared as the checkpoint says.

        Returns: [N, S, D], the encoder's final norm included.
        """
        return self.encoder(frames)

    def forward(self, frames: Tensor) -> Tensor:
        """Logits of the classes.

        Inputs: frames: as `rows`.

        Returns: [N, classes].

        Raises: UsageError when the checkpoint has no classifier.
        """
        if self.head is None:
            raise UsageError(
                "This checkpoint names no classes: it is an encoder alone. Take its rows, or load one that was trained "
                "to classify."
            )
        return self.head(self.rows(frames))
