"""Rotary position embedding over one or several axes (text; rows and columns; time, rows and columns).

Su et al. 2021 (RoFormer), half-split layout as in Llama; several axes share the head width in equal parts, as in
the 2-D rotary of Qwen2-VL's vision tower. Positions are real numbers, so seconds can be positions.

`rotation` is for encoders, whose base is all there is to know; a `Rotary` is a decoder's, with frequencies that a
checkpoint may have stretched. Whatever turns positions into a `Rotation` fits a decoder (`Turns`).
"""

from collections.abc import Callable
from math import pi

import torch
from torch import Tensor

Rotation = tuple[Tensor, Tensor]
"""Cosine and sine, each [..., T, E/2] in fp32."""

Turns = Callable[[Tensor], Rotation]
"""Positions to their rotation: [B, T], or [B, T, A] for several axes, to [B, T, E/2]."""


def rotation(positions: Tensor, head_width: int, *, base: float) -> Rotation:
    """Angles of every position.

    Args:
        positions: [..., T, A], one coordinate per axis; any real numbers.
        head_width: E, even and divisible by 2 A.
        base: longest wavelength over 2 pi, in units of the positions.

    Returns: cosine and sine, each [..., T, E/2].
    """
    axes = positions.shape[-1]
    per_axis = head_width // (2 * axes)
    steps = torch.arange(per_axis, device=positions.device, dtype=torch.float32) / per_axis
    angles = positions.float().unsqueeze(-1) * base**-steps  # [..., T, A, E/2A]
    angles = angles.flatten(-2)  # [..., T, E/2]
    return angles.cos(), angles.sin()


def frequencies(head_width: int, *, base: float) -> Tensor:
    """Radians per position of each pair of a head, the fastest first, to the last bit as open checkpoints have them.

    Returns: [E/2] fp32.
    """
    steps = torch.arange(0, head_width, 2, dtype=torch.float32) / head_width
    return 1.0 / base**steps


def stretched(frequencies: Tensor, *, factor: float, slow: float, fast: float, context: int) -> Tensor:
    """Frequencies for contexts `factor` times as long, as Llama 3.1 has them.

    Args:
        frequencies: [E/2].
        factor: what slow pairs are slowed by.
        slow, fast: a pair that turns less often than `slow` within the old context is slowed wholly, one that turns
            more often than `fast` not at all, one between them in part.
        context: tokens of the old context.

    Returns: [E/2].
    """
    turns = context / (2 * pi / frequencies)
    kept = ((turns - slow) / (fast - slow)).clamp(0.0, 1.0)
    return (1.0 - kept) * frequencies / factor + kept * frequencies


class Rotary:
    """Turns of text positions by given frequencies. No module: a model cast to bf16 keeps them in fp32."""

    def __init__(self, frequencies: Tensor) -> None:
        """Build. Args: frequencies: [E/2], radians per position of each pair of a head."""
        self._frequencies = frequencies

    def __call__(self, positions: Tensor) -> Rotation:
        """Inputs: positions: [B, T]. Returns: cosine and sine, each [B, T, E/2]."""
        if self._frequencies.device != positions.device:
            self._frequencies = self._frequencies.to(positions.device)
        angles = positions.float().unsqueeze(-1) * self._frequencies  # [B, T, E/2]
        return angles.cos(), angles.sin()


def rotate(x: Tensor, by: Rotation) -> Tensor:
    """Turn queries or keys.

    Inputs:
        x: [B, H, T, E].
        by: cosine and sine, [T, E/2] or [B, T, E/2].

    Returns: [B, H, T, E], in the type of `x`.
    """
    cos, sin = (part if part.dim() == 2 else part.unsqueeze(1) for part in by)
    cos, sin = cos.to(x.dtype), sin.to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    turned = torch.addcmul(first * cos, second, sin, value=-1), torch.addcmul(second * cos, first, sin)
    return torch.cat(turned, dim=-1)
