"""`linear` is PyTorch's to the last rounding, and leaves oneDNN's switch as it was."""

from threading import Thread

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.nn.linear import Linear, linear


def random(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


@pytest.mark.parametrize("rows", [(1,), (1, 1), (), (3,), (1, 2)])
@pytest.mark.parametrize("biased", [True, False])
def test_bf16_products_are_those_in_fp32_rounded_once(rows: tuple[int, ...], biased: bool) -> None:
    x, weight = random(*rows, 576, dtype=torch.bfloat16), random(250, 576, seed=1, dtype=torch.bfloat16)
    bias = random(250, seed=2, dtype=torch.bfloat16) if biased else None
    found = linear(x, weight, bias)
    exact = F.linear(x.double(), weight.double(), None if bias is None else bias.double())
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.double(), exact, rtol=2**-8, atol=1e-4 if bias is None else 0.3)


def test_other_types_are_pytorch_s_to_the_bit() -> None:
    x, weight, bias = random(1, 40), random(30, 40, seed=1), random(30, seed=2)
    assert torch.equal(linear(x, weight, bias), F.linear(x, weight, bias))


@pytest.mark.parametrize("on", [True, False])
def test_the_switch_is_as_before(on: bool) -> None:
    x, weight = random(1, 64, dtype=torch.bfloat16), random(64, 64, dtype=torch.bfloat16)
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = on  # type: ignore[assignment]
    try:
        linear(x, weight)
        assert bool(torch.backends.mkldnn.enabled) == on
        with pytest.raises(RuntimeError, match="shapes"):
            linear(x, weight[:, :5])
        assert bool(torch.backends.mkldnn.enabled) == on
    finally:
        torch.backends.mkldnn.enabled = before


def test_the_switch_is_as_before_after_many_threads() -> None:
    before = torch.backends.mkldnn.enabled
    x, weight = random(1, 64, dtype=torch.bfloat16), random(64, 64, dtype=torch.bfloat16)
    threads = [Thread(target=lambda: [linear(x, weight) for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torch.backends.mkldnn.enabled == before


def test_the_layer_is_pytorch_s_with_the_same_numbers() -> None:
    torch.manual_seed(0)
    ours = Linear(7, 5)
    torch.manual_seed(0)
    theirs = nn.Linear(7, 5)
    assert ours.state_dict().keys() == theirs.state_dict().keys()
    assert torch.equal(ours(random(2, 7)), theirs(random(2, 7)))


def test_gradients_reach_everything() -> None:
    layer, x = Linear(64, 32).bfloat16(), random(1, 64, dtype=torch.bfloat16).requires_grad_()
    layer(x).sum().backward()
    assert all(each.grad is not None and bool(each.grad.any()) for each in (x, *layer.parameters()))
