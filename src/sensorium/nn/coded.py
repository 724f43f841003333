"""Keys and values in eight bits: a row of a head becomes codes and, behind them, their scale.

    codes [E] bytes: the number / scale + 128        scale 4 bytes: fp32, the largest magnitude of the row / 127

Such a memory is one of bytes with four columns more. Whoever copies rows from place to place need not know what they
hold; kernels look at them as they are (nn/kernels/coded.py), all others get them back as numbers.
"""

import torch
from torch import Tensor

SCALE = 4
"""Bytes of a scale."""
BITS = 8


def memory_of(like: Tensor, *shape: int, bits: int | None) -> Tensor:
    """Room for rows [..., E], on the device of `like` and in its type, or in eight bits."""
    if bits is None:
        return like.new_empty(shape)
    return like.new_empty((*shape[:-1], shape[-1] + SCALE), dtype=torch.uint8)


def stored(rows: Tensor, memory: Tensor) -> Tensor:
    """Rows [..., E] as a memory holds them: as they are, or as codes if it is of bytes and they are not yet."""
    if memory.dtype != torch.uint8 or rows.dtype == torch.uint8:
        return rows
    numbers = rows.float()
    scales = numbers.abs().amax(dim=-1, keepdim=True) / 127
    codes = (numbers / scales).nan_to_num(0.0).round().add(128).to(torch.uint8)  # a row of zeros has the scale 0
    return torch.cat((codes, scales.view(torch.uint8)), dim=-1)


def numbers(held: Tensor, dtype: torch.dtype) -> Tensor:
    """The rows that a memory holds, in a type; codes stay codes where they are asked for as bytes."""
    if held.dtype != torch.uint8 or dtype == torch.uint8:
        return held
    codes, scales = held[..., :-SCALE], held[..., -SCALE:].contiguous().view(torch.float32)
    return ((codes.float() - 128) * scales).to(dtype)
