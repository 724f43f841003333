"""Connectors: feature rows of an encoder to the width, and to fewer rows, of the language model."""

from torch import Tensor, nn

from sensorium.nn.mlp import Mlp


class MlpConnector(nn.Module):
    """Norm, then two layers, row by row: the connector of LLaVA-1.5."""

    def __init__(self, *, width: int, hidden: int, out: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.mlp = Mlp(width, hidden, out)

    def forward(self, rows: Tensor) -> Tensor:
        """Inputs: rows: [N, S, D]. Returns: [N, S, out]."""
        return self.mlp(self.norm(rows))


def fold_grid(rows: Tensor, height: int, width: int, factor: int = 2) -> Tensor:
    """Join each square of `factor` x `factor` rows of a grid into one (pixel shuffle of Idefics3, Qwen2-VL's merger).

    Inputs: rows: [N, height*width, D] in reading order, both sides multiples of `factor`.

    Returns: [N, height/factor * width/factor, factor^2 D].
    """
    items, _, features = rows.shape
    grid = rows.view(items, height // factor, factor, width // factor, factor, features)
    return grid.permute(0, 1, 3, 2, 4, 5).reshape(items, -1, factor * factor * features)


def fold_time(rows: Tensor, factor: int) -> Tensor:
    """Join each `factor` neighbours in time into one row. Inputs: rows: [N, S, D]. Returns: [N, S/factor, factor D]."""
    return rows.unflatten(1, (-1, factor)).flatten(2)
