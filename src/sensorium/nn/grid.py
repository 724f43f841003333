"""Places on a grid: coordinates for rotary positions and fixed sinusoids for absolute ones."""

import torch
from torch import Tensor


def grid_positions(*sizes: int, device: torch.device) -> Tensor:
    """Coordinates of every cell of a grid in reading order. Returns: [cells, A] fp32, A = len(sizes)."""
    axes = torch.meshgrid(*(torch.arange(size, device=device) for size in sizes), indexing="ij")
    return torch.stack([axis.flatten() for axis in axes], dim=-1).float()


def sinusoids(positions: Tensor, width: int, *, base: float) -> Tensor:
    """Fixed sine and cosine features of coordinates (Vaswani et al. 2017, over several axes as in MAE).

    Inputs: positions: [..., A]; width: D, divisible by 2 A; base: longest wavelength over 2 pi.

    Returns: [..., D] fp32.
    """
    axes = positions.shape[-1]
    per_axis = width // (2 * axes)
    steps = torch.arange(per_axis, device=positions.device, dtype=torch.float32) / per_axis
    angles = positions.unsqueeze(-1) * base**-steps  # [..., A, D/2A]
    return torch.cat((angles.sin(), angles.cos()), dim=-1).flatten(-2)  # [..., D]
