"""The plain vision transformer of CLIP, SigLIP and the many models that took their picture towers over.

Dosovitskiy et al. 2020: a convolution cuts the picture into patches, a row is added for each place, blocks see all
patches. How places become rows is a part of its own: `PositionTable` here, another one where a family has one.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import ConfigError
from sensorium.nn.linear import linear


class Positions(Protocol):
    """Makes the rows that are added to those of the patches."""

    def __call__(self, rows: int, columns: int, present: Tensor | None) -> Tensor:
        """Rows of a grid of patches, behind that of the class token if there is one.

        Inputs: rows, columns: of the grid; present: [N, P], False at patches that are padding; None without any.

        Returns: [S, D], or [N, S, D] where they differ between the items.
        """


class PositionTable(nn.Module):
    """A learned row for each cell of a square grid, and one for the class token before them."""

    def __init__(self, *, side: int, width: int, class_token: bool = False, interpolate: bool = False) -> None:
        """Build.

        Args:
            side: cells of the grid along each side.
            width: D.
            class_token: the first row of the table is that of a class token.
            interpolate: give rows to grids of other sizes, between the learned ones (bicubic, as the reference does
                when asked to); without it they are refused.
        """
        super().__init__()
        self.side = side
        self.first = int(class_token)
        self.interpolate = interpolate
        self.table = nn.Parameter(nn.init.normal_(torch.empty(self.first + side * side, width), std=0.02))

    def forward(self, rows: int, columns: int, present: Tensor | None = None) -> Tensor:
        """The same rows for every item, whether its patches are present or not. Returns: [S, D].

        Raises: ConfigError for a grid that is not the table's, unless it interpolates.
        """
        if (rows, columns) == (self.side, self.side):
            return self.table
        if not self.interpolate:
            raise ConfigError(
                f"The pictures have {rows}x{columns} patches; the vision tower knows the places of "
                f"{self.side}x{self.side}. Resize the pictures to the tower's own size, or build it with interpolated "
                "positions."
            )
        square = self.table[self.first :].T.unflatten(1, (self.side, self.side))  # [D, side, side]
        grid = F.interpolate(square.unsqueeze(0), size=(rows, columns), mode="bicubic", align_corners=False)
        return torch.cat((self.table[: self.first], grid[0].flatten(1).T))


class VisionTower(nn.Module):
    """Pictures of one shape to rows, one per patch, behind that of the class token if there is one."""

    def __init__(
        self,
        *,
        patches: nn.Conv2d,
        positions: Positions,
        blocks: Sequence[nn.Module],
        class_token: bool = False,
        pre_norm: nn.Module | None = None,
        norm: nn.Module | None = None,
    ) -> None:
        """Build from ready parts.

        Args:
            patches: the convolution that cuts; its stride is its size. D is the number of its channels out.
            positions: makes the rows of places.
            blocks: called with rows and the keyword `mask`; the last also with `rows`, where not all are wanted.
            class_token: put a learned row before those of the patches.
            pre_norm: of the rows before the first block (CLIP has one).
            norm: of the rows after the last block; None where the family goes without.
        """
        super().__init__()
        self.width = patches.out_channels
        self.patches = patches
        self.class_token = nn.Parameter(nn.init.normal_(torch.empty(self.width), std=0.02)) if class_token else None
        self.positions = positions
        self.pre_norm = pre_norm or nn.Identity()
        self.blocks = nn.ModuleList(blocks)
        self.norm = norm or nn.Identity()

    def forward(self, pixels: Tensor, *, present: Tensor | None = None, rows: slice | None = None) -> Tensor:
        """Encode, the final norm included.

        Inputs:
            pixels: [N, 3, height, width], normalised as the family does.
            present: [N, P], False at patches that are padding; None without any.
            rows: those that are wanted; the last block makes no others. None for all.

        Returns: [N, S, D], S = P, or 1 + P with a class token, or what is wanted of them; patches in reading order.
        """
        if rows is None or not self.blocks:
            return self.norm(self.after(pixels, -1, present=present)[:, rows or slice(None)])
        before = self.after(pixels, -2, present=present)
        return self.norm(self.blocks[-1](before, mask=self._mask(present, before.shape[1]), rows=rows))

    def after(self, pixels: Tensor, layer: int, *, present: Tensor | None = None) -> Tensor:
        """Rows after a layer, without the final norm; no later layer is computed.

        Inputs: pixels, present: as `forward`; layer: how many layers to go through, 0 for none, or counted from the
        end, -1 for all of them, -2 for all but the last (as LLaVA wants it), and so on.

        Returns: [N, S, D].

        Raises: ConfigError for a layer that the tower does not have.
        """
        return self.after_each(pixels, (layer,), present=present)[0]

    def after_each(self, pixels: Tensor, layers: Sequence[int], *, present: Tensor | None = None) -> list[Tensor]:
        """Rows after several layers, in the order of `layers`; otherwise as `after`. Returns: a list of [N, S, D]."""
        wanted = [self._depth(layer) for layer in layers]
        x = self._embed(pixels, present)
        mask = self._mask(present, x.shape[1])
        found = {0: x}
        for depth, block in enumerate(islice(self.blocks, max(wanted)), 1):
            x = block(x, mask=mask)
            if depth in wanted:
                found[depth] = x
        return [found[depth] for depth in wanted]

    def _depth(self, layer: int) -> int:
        """The number of blocks that a layer's number stands for."""
        count = len(self.blocks)
        depth = layer if layer >= 0 else count + 1 + layer
        if not 0 <= depth <= count:
            raise ConfigError(
                f"Layer {layer} of a vision tower of {count} layers is wanted; expected one from {-count - 1} to "
                f"{count}. Correct the layer in the model's config."
            )
        return depth

    def _embed(self, pixels: Tensor, present: Tensor | None) -> Tensor:
        """Rows before the first block. Returns: [N, S, D]."""
        x, rows, columns = self._cut(pixels.to(self.patches.weight.dtype))  # [N, P, D]
        if self.class_token is not None:
            x = torch.cat((self.class_token.expand(len(x), 1, -1), x), dim=1)
        return self.pre_norm(x + self.positions(rows, columns, present))

    def _cut(self, pixels: Tensor) -> tuple[Tensor, int, int]:
        """What the convolution makes of each patch, as one product: on a CPU that takes half the time.

        Returns: [N, P, D], and the rows and columns of the grid; a rest at the right or below is left out.
        """
        weight, (high, wide) = self.patches.weight, self.patches.kernel_size
        rows, columns = pixels.shape[2] // high, pixels.shape[3] // wide
        cut = pixels[:, :, : rows * high, : columns * wide].unflatten(3, (columns, wide)).unflatten(2, (rows, high))
        patches = cut.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)  # [N, P, C high wide]
        return linear(patches, weight.flatten(1), self.patches.bias), rows, columns

    def _mask(self, present: Tensor | None, length: int) -> Tensor | None:
        """What every row may look at. Returns: [N, 1, S, S], or None for everything."""
        if present is None:
            return None
        if self.class_token is not None:
            present = F.pad(present, (1, 0), value=True)
        return present[:, None, None, :].expand(-1, -1, length, -1)
