"""Many rows to one."""

from torch import Tensor, nn


class FirstRow(nn.Module):
    """The row of the class token."""

    def forward(self, rows: Tensor) -> Tensor:
        """Inputs: rows: [N, S, D]. Returns: [N, D]."""
        return rows[:, 0]


class MeanRow(nn.Module):
    """The mean of all rows."""

    def forward(self, rows: Tensor) -> Tensor:
        """Inputs: rows: [N, S, D]. Returns: [N, D]."""
        return rows.mean(dim=1)
