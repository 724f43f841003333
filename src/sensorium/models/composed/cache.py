"""Keys and values of a talk, and beside them how much each modality counted in its latest answer."""

import copy
from collections.abc import Sequence
from typing import Self, TypeVar

from torch import Tensor

from sensorium.core.errors import EngineError
from sensorium.nn.cache import KVCache, LayerCache

W = TypeVar("W", bound=KVCache)


class WeighedCache(KVCache):
    """`KVCache` of a model whose gates can be read.

    weights: [B, M], how much each modality counted, in whatever measure; None while none did.
    """

    def __init__(self, layers: list[LayerCache], modalities: Sequence[str]) -> None:
        """Build. Args: layers: of the text; modalities: M names, in the order of the weights."""
        super().__init__(layers)
        self.modalities = tuple(modalities)
        self.weights: Tensor | None = None

    def modality_weights(self, sample: int = 0) -> dict[str, float] | None:
        """Shares by modality, which sum to 1, of one of the batch; None where no medium counted."""
        sums = [] if self.weights is None else self.weights[sample].tolist()
        total = sum(sums)
        return {name: each / total for name, each in zip(self.modalities, sums, strict=True)} if total else None

    def grown(self, capacity: int) -> Self:
        """A cache with room for `capacity` tokens that remembers what this one does."""
        bigger = copy.copy(self)
        bigger.layers = super().grown(capacity).layers
        return bigger


def made_by(kind: type[W], cache: KVCache) -> W:
    """A cache as what it must be. Raises: EngineError for one that another model made."""
    if isinstance(cache, kind):
        return cache
    raise EngineError(
        f"cache: got a {type(cache).__name__}; expected the {kind.__name__} that new_cache of this model gives. Take "
        "that."
    )
