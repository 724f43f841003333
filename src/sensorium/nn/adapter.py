"""Linear layers that learn by a small addition to their weight: LoRA (Hu et al. 2021) and DoRA (Liu et al. 2024).

A weight of ours may be several matrices of a checkpoint, one below the other, and each of them has an adapter of its
own or none; so what is learnt means the same for whoever keeps them apart.

    weight [3 x rows, D]      adapters
      ┌─── q ───┐      q    up [rows, rank] @ down [rank, D]
      ├─── k ───┤           none
      └─── v ───┘      v    up [rows, rank] @ down [rank, D]
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import cast

import torch
from torch import Tensor, nn

from sensorium.core.errors import ConfigError
from sensorium.nn.linear import Linear, linear
from sensorium.nn.skeleton import Unfilled


class Adapter(nn.Module):
    """The change of a weight W: W + scale up down. With DoRA each row of it is then brought to a length of its own.

    Its numbers are fp32 beside a weight in half precision: small steps would be lost there.
    """

    def __init__(self, weight: Tensor, *, rank: int, scale: float, dropout: float = 0.0, dora: bool = False) -> None:
        """Build one that changes nothing yet.

        Args:
            weight: [D out, D], what is adapted; it is looked at only.
            rank: of the change.
            scale: of the change.
            dropout: share of the inputs that the change does not see in training.
            dora: learn the lengths of the rows apart from where they point.
        """
        super().__init__()
        rows, width = weight.shape
        dtype, device = torch.promote_types(weight.dtype, torch.float32), weight.device
        self.scale = scale
        self.dropout = nn.Dropout(dropout)
        self.down = nn.Parameter(
            torch.empty(rank, width, dtype=dtype, device=device).uniform_(-(width**-0.5), width**-0.5)
        )
        self.up = nn.Parameter(torch.zeros(rows, rank, dtype=dtype, device=device))
        self.magnitude = nn.Parameter(_lengths(weight.detach().to(dtype))) if dora else None

    def forward(self, x: Tensor, weight: Tensor, bias: Tensor | None, y: Tensor) -> Tensor:
        """Change what a linear layer gives.

        Inputs: x: [..., D]; weight: [D out, D]; bias: [D out]; y: [..., D out], what the layer makes of `x`.

        Returns: [..., D out].
        """
        seen = self.dropout(x)
        change = linear(linear(seen.to(self.down.dtype), self.down), self.up) * self.scale
        if self.magnitude is not None:
            product = y if bias is None else y - bias
            if self.training and self.dropout.p:
                product = linear(seen, weight)
            gain = self._gain(self.magnitude, weight)
            change = (gain - 1) * product + gain * change
        return y + change.to(y.dtype)

    def merged(self, weight: Tensor) -> Tensor:
        """The weight that by itself gives what both give. Inputs and return: [D out, D]."""
        changed = weight.to(self.up.dtype) + self._change()
        if self.magnitude is not None:
            changed = self._gain(self.magnitude, weight).unsqueeze(1) * changed
        return changed.to(weight.dtype)

    def _change(self) -> Tensor:
        return self.scale * (self.up @ self.down)

    def _gain(self, magnitude: Tensor, weight: Tensor) -> Tensor:
        """[D out], learnt lengths over those that the rows have, which count as constants (4.3 of the DoRA paper)."""
        with torch.no_grad():
            lengths = _lengths(weight.to(magnitude.dtype) + self._change())
        return magnitude / lengths.clamp_min(torch.finfo(lengths.dtype).tiny)  # a row may be all zeros


class AdaptedLinear(nn.Module):
    """A linear layer with adapters. Weight and bias are those of the layer, under the names that they had there.

    Whoever looks at `weight` sees what the layer multiplies by only after `merge`.
    """

    _plain: Tensor | None

    def __init__(
        self,
        layer: nn.Linear,
        *,
        parts: Mapping[str, int],
        adapted: Collection[str],
        make: Callable[[Tensor], Adapter],
    ) -> None:
        """Take over a ready layer.

        Args:
            layer: its parameters are used, not copied.
            parts: what lies one below the other in its weight, with the rows of each.
            adapted: parts that get an adapter.
            make: gives one for a weight.

        Raises: ConfigError when the parts are not the layer's.
        """
        super().__init__()
        if sum(parts.values()) != layer.out_features or not set(adapted) <= set(parts):
            raise ConfigError(
                f"adapters: got {', '.join(adapted)} of {dict(parts)} for a weight of {layer.out_features} rows; "
                "expected parts that make up all rows. Take parts from the key map of this model."
            )
        self.weight, self.bias = layer.weight, layer.bias
        self.adapters = nn.ModuleDict()
        self._parts = dict(parts)
        self.register_buffer("_plain", None, persistent=False)
        for name, weight in self._split(self.weight).items():
            if name in adapted:
                self.adapters[name] = make(weight)
        self.train(layer.training)

    @property
    def merged(self) -> bool:
        """Whether the weight holds what was learnt."""
        return self._plain is not None

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [..., D]. Returns: [..., D out]."""
        y = linear(x, self.weight, self.bias)
        if self.merged:
            return y
        weights = self._split(self.weight)
        biases = {} if self.bias is None else self._split(self.bias)
        pieces = dict(zip(self._parts, y.split(tuple(self._parts.values()), dim=-1), strict=True))
        for name, adapter in self._adapters():
            pieces[name] = adapter(x, weights[name], biases.get(name), pieces[name])
        return torch.cat(tuple(pieces.values()), dim=-1)

    def merge(self) -> None:
        """Put what was learnt into the weight; the weight before is kept. Adapters learn nothing while merged."""
        if self.merged:
            return
        with torch.no_grad():
            weights = self._split(self.weight)
            for name, adapter in self._adapters():
                weights[name] = adapter.merged(weights[name])
            self._plain = self.weight.data
            self.weight.data = torch.cat(tuple(weights.values()))

    def unmerge(self) -> None:
        """Take it out again: the weight is what it was, bit by bit."""
        if self._plain is not None:
            self.weight.data, self._plain = self._plain, None

    def folded(self) -> Linear:
        """A plain layer with the merged weight; this one is used up."""
        self.merge()
        rows, width = self.weight.shape
        with Unfilled():
            layer = Linear(width, rows, bias=self.bias is not None)
        layer.weight, layer.bias = self.weight, self.bias
        return layer.train(self.training)

    def _adapters(self) -> Iterable[tuple[str, Adapter]]:
        return cast("Iterable[tuple[str, Adapter]]", self.adapters.items())

    def _split(self, rows: Tensor) -> dict[str, Tensor]:
        """Rows of a weight or of a bias by part, as views."""
        return dict(zip(self._parts, rows.split(tuple(self._parts.values())), strict=True))


def _lengths(weight: Tensor) -> Tensor:
    """Of the rows. Inputs: [D out, D]. Returns: [D out]."""
    return torch.linalg.vector_norm(weight, dim=1)
