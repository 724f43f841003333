"""Weights of few bits: near to what they were, laid out and back, and the same by kernels as by PyTorch."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import ConfigError
from sensorium.nn.kernels import ready
from sensorium.nn.linear import FEW
from sensorium.nn.quantised import QuantisedLinear, packed, unpacked, weight_of


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def layer(rows: int, width: int, *, bits: int, bias: bool = False) -> tuple[nn.Linear, QuantisedLinear]:
    plain = nn.Linear(width, rows, bias=bias)
    with torch.no_grad():
        plain.weight.copy_(random(rows, width, seed=rows))
        if bias:
            plain.bias.copy_(random(rows, seed=rows + 1))
    return plain, QuantisedLinear.of(plain, bits)


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize(("rows", "width"), [(16, 32), (33, 96), (1, 64)])
def test_each_number_is_within_a_step_of_what_it_was(rows: int, width: int, bits: int) -> None:
    plain, few = layer(rows, width, bits=bits)
    peaks = plain.weight.detach().view(rows, -1, 32).abs().amax(dim=-1, keepdim=True)
    step = peaks / (127 if bits == 8 else 8)
    off = (few.plain().float() - plain.weight.detach()).view(rows, -1, 32).abs()
    assert bool((off <= step * (1.01 if bits == 4 else 0.51) + peaks * 2**-8).all())  # the farther end is exact in four
    assert few.plain().shape == (rows, width)


@pytest.mark.parametrize("bits", [8, 4])
def test_what_has_few_bits_comes_back_as_it_is(bits: int) -> None:
    zero = 1 << (bits - 1)
    numbers = torch.randint(1 - zero, zero, (48, 64), generator=torch.Generator().manual_seed(0)).float()
    numbers[:, ::32] = -127.0 if bits == 8 else -8.0  # scale 1
    assert torch.equal(unpacked(*packed(numbers, bits)).float(), numbers)


def test_a_group_of_zeros_is_zeros() -> None:
    assert not bool(unpacked(*packed(torch.zeros(3, 64), 4)).any())


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize(("count", "rows", "width"), [(1, 50, 96), (5, 16, 32), (FEW, 100, 160), (FEW + 1, 20, 64)])
def test_products_are_those_of_the_plain_weight(count: int, rows: int, width: int, bits: int) -> None:
    _, few = layer(rows, width, bits=bits, bias=True)
    x = random(count, width, seed=3).bfloat16()
    with torch.inference_mode():
        found = few(x)
    exact = F.linear(x.float(), few.plain().float(), None if few.bias is None else few.bias.float())
    assert found.dtype == torch.bfloat16
    # eight bits for each number of the rows: 0.005 off as a rule, summed as errors do, and six times that at worst
    torch.testing.assert_close(found.float(), exact, rtol=2**-7, atol=0.03 * width**0.5)


@pytest.mark.parametrize("bits", [8, 4])
def test_a_row_does_not_depend_on_the_others(bits: int) -> None:
    if ready.runner() is None:
        pytest.skip("kernels cannot run here")
    _, few = layer(70, 128, bits=bits)
    x = random(7, 128).bfloat16()
    with torch.inference_mode():
        together = few(x)
        assert all(torch.equal(few(x[row : row + 1])[0], together[row]) for row in range(7))


def test_without_kernels_it_is_pytorch_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensorium.nn.linear.runner", lambda: None)
    _, few = layer(20, 64, bits=4)
    x = random(2, 64).bfloat16()
    assert torch.equal(few(x), F.linear(x, few.plain()))


def test_what_is_no_number_stays_none() -> None:
    _, few = layer(20, 64, bits=8)
    for wrong in (float("nan"), float("inf")):
        x = random(2, 64).bfloat16()
        x[1, 5] = wrong
        with torch.inference_mode():
            found = few(x)
        assert bool(found[0].isfinite().all())
        assert not bool(found[1].isfinite().any())


def test_weights_that_kernels_take() -> None:
    plain, few = layer(20, 64, bits=4)
    assert weight_of(plain) is None  # fp32
    halves, codes = weight_of(plain.bfloat16()), weight_of(few)
    assert halves is not None
    assert codes is not None
    assert (halves.bits, codes.bits) == (16, 4)
    assert weight_of(nn.Linear(40, 8).bfloat16()) is None  # no whole groups


@pytest.mark.parametrize(("bits", "width"), [(5, 64), (8, 40)])
def test_others_are_refused(bits: int, width: int) -> None:
    with pytest.raises(ConfigError, match="expected 8 or 4 bits and a multiple of 32"):
        QuantisedLinear(width, 8, bits=bits)
