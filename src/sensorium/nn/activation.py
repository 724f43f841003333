"""Activation functions by the names that checkpoints use, and the soft cap of scores."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import ConfigError
from sensorium.core.names import did_you_mean

Activation = Callable[[Tensor], Tensor]


def quick_gelu(x: Tensor) -> Tensor:
    """`x sigmoid(1.702 x)`: what the first CLIP models used for GELU."""
    return x * torch.sigmoid(1.702 * x)


def soft_cap(scores: Tensor, cap: float) -> Tensor:
    """`cap` tanh(scores / cap): small scores stay, none grows beyond `cap`."""
    return (scores / cap).tanh() * cap


_gelu_tanh = partial(F.gelu, approximate="tanh")

ACTIVATIONS: dict[str, Activation] = {
    "gelu": F.gelu,
    "gelu_new": _gelu_tanh,
    "gelu_pytorch_tanh": _gelu_tanh,
    "quick_gelu": quick_gelu,
    "relu": F.relu,
    "silu": F.silu,
}


def activation(name: str) -> Activation:
    """The function of that name. Raises: ConfigError for an unknown one."""
    if name not in ACTIVATIONS:
        raise ConfigError(
            f"There is no activation named '{name}'; there are: {', '.join(ACTIVATIONS)}."
            f"{did_you_mean(name, tuple(ACTIVATIONS))} Correct the model's config."
        )
    return ACTIVATIONS[name]
