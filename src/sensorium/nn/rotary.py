"""Rotary position embedding over one or several axes (text; rows and columns; time, rows and columns).

Su et al. 2021 (RoFormer), half-split layout as in Llama; several axes share the head width in equal parts, as in
the 2-D rotary of Qwen2-VL's vision tower. Positions are real numbers, so seconds can be positions.
"""

import torch
from torch import Tensor

Rotation = tuple[Tensor, Tensor]
"""Cosine and sine, each [..., T, E/2] in fp32."""


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
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)
