"""The two feed-forward networks in use."""

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


class Mlp(nn.Module):
    """Linear, GELU, linear: the feed-forward of vision and audio transformers and the LLaVA-1.5 connector."""

    def __init__(self, width: int, hidden: int, out: int | None = None) -> None:
        super().__init__()
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, out or width)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [..., D]. Returns: [..., out]."""
        return self.down(F.gelu(self.up(x)))


class SwiGlu(nn.Module):
    """Shazeer 2020: silu(gate) * up, then down; gate and up are one matrix."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate_up = nn.Linear(width, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [..., D]. Returns: [..., D]."""
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)
