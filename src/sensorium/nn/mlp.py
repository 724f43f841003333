"""The two feed-forward networks in use."""

from torch import Tensor, nn

from sensorium.nn.activation import activation as function_named
from sensorium.nn.joined import joined
from sensorium.nn.linear import FEW, Linear


class Mlp(nn.Module):
    """Linear, activation, linear: the feed-forward of vision and audio transformers and the LLaVA-1.5 connector."""

    def __init__(
        self, width: int, hidden: int, out: int | None = None, *, activation: str = "gelu", bias: bool = True
    ) -> None:
        super().__init__()
        self.activation = function_named(activation)
        self._named = activation
        self.up = Linear(width, hidden, bias=bias)
        self.down = Linear(hidden, out or width, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [..., D]. Returns: [..., out]."""
        return self.down(self._hidden(x))

    def _hidden(self, x: Tensor) -> Tensor:
        if type(self.up) is Linear and x.numel() > FEW * x.shape[-1]:  # it may have been quantised or given an adapter
            found = joined(x, self.up.weight, self.up.bias, activation=self._named)
            if found is not None:
                return found
        return self.activation(self.up(x))


class GatedMlp(nn.Module):
    """Shazeer 2020: activation(gate) * up, then down; gate and up are one matrix. With silu it is SwiGLU."""

    def __init__(self, width: int, hidden: int, *, activation: str = "silu", bias: bool = False) -> None:
        super().__init__()
        self.activation = function_named(activation)
        self.gate_up = Linear(width, 2 * hidden, bias=bias)
        self.down = Linear(hidden, width, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [..., D]. Returns: [..., D]."""
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(self.activation(gate) * up)
