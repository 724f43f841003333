"""Activations are PyTorch's or their formula; an unknown name is answered with a close one."""

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import ConfigError
from sensorium.nn.activation import activation, soft_cap


def test_names_mean_what_checkpoints_mean_by_them() -> None:
    x = torch.linspace(-4, 4, 33)
    torch.testing.assert_close(activation("quick_gelu")(x), x / (1 + (-1.702 * x).exp()))
    torch.testing.assert_close(activation("gelu_pytorch_tanh")(x), F.gelu(x, approximate="tanh"))
    torch.testing.assert_close(activation("gelu_new")(x), F.gelu(x, approximate="tanh"))
    torch.testing.assert_close(activation("gelu")(x), F.gelu(x))


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no activation named 'silo'.*Did you mean 'silu'"):
        activation("silo")


def test_a_cap_bends_large_scores_only() -> None:
    capped = soft_cap(torch.tensor([-1e9, -0.01, 0.0, 0.01, 1e9]), 5.0)
    assert capped.tolist() == pytest.approx([-5.0, -0.01, 0.0, 0.01, 5.0], abs=1e-6)
