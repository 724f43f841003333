"""Rotary positions over time, rows and columns, as the language models of Qwen-VL have them.

Text has the same number on all three axes and turns as in any other model. The pairs of a head are shared out among
the axes: in sections one behind another (Qwen2, Qwen2.5), or in turns, what is left over being time's (Qwen3).
"""

import torch
from torch import Tensor

from sensorium.core.errors import ConfigError
from sensorium.nn.rotary import Rotation, frequencies


def chunked(sections: tuple[int, int, int]) -> Tensor:
    """The axis of each pair, section after section. Returns: [E/2] int64."""
    return torch.arange(3).repeat_interleave(torch.tensor(sections))


def interleaved(sections: tuple[int, int, int]) -> Tensor:
    """The axis of each pair, time, row, column, time ... until an axis has its share. Returns: [E/2] int64."""
    axes = torch.zeros(sum(sections), dtype=torch.int64)
    for axis in (1, 2):
        axes[axis : 3 * sections[axis] : 3] = axis
    return axes


class SpaceTimeRotary:
    """Satisfies `nn.rotary.Turns`. No module: a model cast to bf16 keeps its frequencies in fp32."""

    def __init__(self, axes: Tensor, *, head_width: int, base: float) -> None:
        """Build.

        Args:
            axes: [E/2], the axis by which each pair turns.
            head_width: E.
            base: longest wavelength over 2 pi.

        Raises: ConfigError when there are not as many axes as pairs.
        """
        if len(axes) != head_width // 2:
            raise ConfigError(
                f"rotary: mrope_section shares out {len(axes)} pairs; expected {head_width // 2}, half the head width. "
                "Correct the model's config."
            )
        self._axes = axes
        self._frequencies = frequencies(head_width, base=base)

    def __call__(self, positions: Tensor) -> Rotation:
        """Inputs: positions: [B, T, 3]. Returns: cosine and sine, each [B, T, E/2]."""
        if self._axes.device != positions.device:
            self._axes, self._frequencies = self._axes.to(positions.device), self._frequencies.to(positions.device)
        angles = positions.float()[..., self._axes] * self._frequencies
        return angles.cos(), angles.sin()
