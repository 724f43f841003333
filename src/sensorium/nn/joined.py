"""Products of many rows on a CPU in one pass of oneDNN: multiplied, the bias added, and an activation applied.

PyTorch hands fp32 products to MKL, which takes twice as long as oneDNN on AMD's processors, and goes through the
results of a bf16 product once more for its bias (docs/decisions.md). Activations in 16 bits are slower still: GELU by
tanh takes a third of the product before it.
"""

from functools import cache

import torch
from torch import Tensor

from sensorium.nn.kernels.ready import wanted

WORTH = 1 << 21
"""Multiplications from which on it pays: oneDNN takes 10 µs to begin."""

_QUICK = 1.702  # quick_gelu(x) is silu(1.702 x) / 1.702

_STEPS: dict[str | None, tuple[str, str]] = {
    None: ("none", ""),
    "gelu": ("gelu", "none"),
    "gelu_new": ("gelu", "tanh"),
    "gelu_pytorch_tanh": ("gelu", "tanh"),
    "quick_gelu": ("swish", ""),
    "relu": ("relu", ""),
    "silu": ("swish", ""),
}
"""What oneDNN calls activations (nn/activation.py)."""


def joined(x: Tensor, weight: Tensor, bias: Tensor | None = None, *, activation: str | None = None) -> Tensor | None:
    """The activation of `x` times `weight` plus `bias`; None where it has to be done in other ways.

    Those are a gradient, another device or type than fp32 and (where the processor has it) bf16, autocast, too little
    work, and an activation that is not known here.

    Inputs: x: [..., D]; weight: [D out, D]; bias: [D out]. Returns: [..., D out].
    """
    more = () if bias is None else (bias,)
    if activation not in _STEPS or not _taken(x, weight, *more):
        return None
    scaled = activation == "quick_gelu"
    if scaled:
        x, bias = x * _QUICK, None if bias is None else bias * _QUICK
    name, algorithm = _STEPS[activation]
    made: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, name, [], algorithm)
    return made.mul_(1 / _QUICK) if scaled else made


def _taken(x: Tensor, weight: Tensor, *more: Tensor) -> bool:
    return (
        x.numel() * len(weight) >= WORTH
        and x.shape[-1] == weight.shape[1]  # the words of an error are PyTorch's
        and all(each.dtype == x.dtype for each in (weight, *more))
        and x.dtype in _types()
        and weight.is_contiguous()
        and bool(torch.backends.mkldnn.enabled)
        and not torch.is_autocast_enabled("cpu")
        and wanted(x, weight, *more)
    )


@cache
def _types() -> tuple[torch.dtype, ...]:
    """Types whose products oneDNN has on this processor; none where PyTorch was built without it."""
    if not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        return ()
    return (torch.float32, torch.bfloat16) if torch.ops.mkldnn._is_mkldnn_bf16_supported() else (torch.float32,)
