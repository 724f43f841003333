"""Products that oneDNN does in one pass are PyTorch's, and what has to be done in other ways is left alone."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from sensorium.nn.activation import ACTIVATIONS, activation
from sensorium.nn.joined import WORTH, joined
from sensorium.nn.linear import Linear
from sensorium.nn.mlp import Mlp

TYPES = [torch.float32, *([torch.bfloat16] if torch.ops.mkldnn._is_mkldnn_bf16_supported() else [])]


def parts(dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    x, weight, bias = torch.randn(2, 64, 128), torch.randn(256, 128) / 8, torch.randn(256)
    assert x.numel() * len(weight) >= WORTH
    return x.to(dtype), weight.to(dtype), bias.to(dtype)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("name", [None, *ACTIVATIONS])
def test_a_joined_product_is_the_steps_one_by_one(name: str | None, biased: bool, dtype: torch.dtype) -> None:
    x, weight, bias = parts(dtype)
    found = joined(x, weight, bias if biased else None, activation=name)
    exact = F.linear(x.double(), weight.double(), bias.double() if biased else None)
    if name is not None:
        exact = activation(name)(exact)
    assert found is not None
    assert found.dtype == dtype
    near = 1e-5 if dtype == torch.float32 else 0.04  # sums of 128, scaled by 1.702 for quick_gelu: rounded twice more
    torch.testing.assert_close(found.double(), exact, rtol=near, atol=near)


def test_rows_that_lie_apart_are_multiplied_as_others() -> None:
    x, weight, bias = parts()
    across = x.transpose(0, 1)
    torch.testing.assert_close(joined(across, weight, bias), F.linear(across, weight, bias), rtol=1e-5, atol=1e-5)


def test_what_has_to_be_done_in_other_ways_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    x, weight, bias = parts()
    assert joined(x, weight, bias) is not None
    assert joined(x, weight.clone().requires_grad_(), bias) is None
    assert joined(x, weight.T.contiguous().T, bias) is None
    assert joined(x, weight[:, :64].contiguous(), bias) is None
    assert joined(x[:, :1], weight, bias) is None  # too little work
    assert joined(x.double(), weight.double(), bias.double()) is None
    assert joined(x, weight.bfloat16(), bias) is None
    assert joined(x, weight, bias, activation="tanh") is None
    with torch.autocast("cpu"):
        assert joined(x, weight, bias) is None
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", False)
    assert joined(x, weight, bias) is None


def test_a_feed_forward_gives_the_same_with_and_without_gradients() -> None:
    x, weight, _ = parts()
    for name in ACTIVATIONS:
        mlp = Mlp(128, len(weight), activation=name)
        with torch.no_grad():
            plain = mlp(x)
        torch.testing.assert_close(plain, mlp(x), rtol=1e-5, atol=1e-5)


def test_a_feed_forward_whose_layers_were_exchanged_asks_them() -> None:
    class Doubled(Linear):
        def forward(self, x: Tensor) -> Tensor:
            return 2 * super().forward(x)

    x, weight, bias = parts()
    mlp = Mlp(128, 256, activation="relu")
    mlp.up = Doubled(128, 256)
    with torch.no_grad():
        mlp.up.weight.copy_(weight)
        mlp.up.bias.copy_(bias)
        torch.testing.assert_close(mlp(x), mlp.down(2 * F.linear(x, weight, bias).relu()), rtol=1e-4, atol=1e-4)
