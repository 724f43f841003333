"""Products by kernels are exact products, rounded once, however many rows go together."""

import pytest
import torch
from torch import Tensor

from sensorium.nn.kernels.ready import runner
from sensorium.nn.kernels.table import Program, Table, Weight, padded
from sensorium.nn.linear import kernel_product, padded_bias, whole
from sensorium.nn.quantised import packed, unpacked


@pytest.fixture(autouse=True)
def with_kernels() -> None:
    if runner() is None:
        pytest.skip("kernels cannot run here")


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("count", [1, 2, 4, 7, 64])
@pytest.mark.parametrize(("rows", "width"), [(16, 64), (33, 96), (1, 32), (100, 160)])
def test_sixteen_bits(count: int, rows: int, width: int) -> None:
    x, weight = random(count, width).bfloat16(), random(rows, width, seed=1).bfloat16()
    bias = random(rows, seed=2).bfloat16()
    with torch.inference_mode():
        found = kernel_product(x, whole(weight, bias))
    exact = x.double() @ weight.double().T + bias.double()
    assert found is not None
    torch.testing.assert_close(found.double(), exact, rtol=2**-8, atol=1e-4)


@pytest.mark.parametrize("bits", [16, 8, 4])
def test_a_row_does_not_depend_on_the_others(bits: int) -> None:
    weight = few(random(50, 96, seed=1), bits)
    x = random(9, 96).bfloat16()
    with torch.inference_mode():
        together = kernel_product(x, weight)
        assert together is not None
        for row in range(9):
            alone = kernel_product(x[row : row + 1], weight)
            assert alone is not None
            assert torch.equal(alone[0], together[row])


@pytest.mark.parametrize("bits", [16, 8, 4])
def test_sums_are_added_to_what_is_there(bits: int) -> None:
    numbers, x = random(32, 64, seed=1), random(2, 64).bfloat16()
    before = random(2, 32, seed=3)
    y, program = before.clone(), Program(2)
    weight = few(numbers, bits)
    program.product(x, weight, y, add=True)
    run = runner()
    assert run is not None
    Table(program).run(run)
    plain = numbers.bfloat16() if bits == 16 else unpacked(*packed(numbers, bits))
    torch.testing.assert_close(y, before + x.float() @ plain.float().T, rtol=0, atol=1e-4 if bits == 16 else 0.2)


def test_more_threads_give_the_same() -> None:
    x, weight = random(3, 64).bfloat16(), few(random(200, 64, seed=1), 16)
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            with torch.inference_mode():
                found.append(kernel_product(x, weight))
    finally:
        torch.set_num_threads(before)
    one, two, three = found
    assert one is not None
    assert two is not None
    assert three is not None
    assert torch.equal(one, two)
    assert torch.equal(one, three)


def few(numbers: Tensor, bits: int) -> Weight:
    """A weight of so many bits."""
    if bits == 16:
        return whole(numbers.bfloat16(), None)
    codes, scales = packed(numbers, bits)
    assert padded_bias(None) is None
    assert len(codes) * 16 == padded(len(numbers))
    return Weight(codes, len(numbers), numbers.shape[1], bits=bits, scales=scales)
