"""Attention over pages is that over tokens side by side, in kernels and in PyTorch."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from sensorium.nn.coded import numbers, stored
from sensorium.nn.kernels.attend import attend_paged

TOLERANCE = {torch.bfloat16: 0.02, torch.float32: 1e-5}
"""bf16 answers have eight bits, and weights of values that were cut to eight bits in the plain way."""


def pages(lengths: list[int], kv_heads: int, width: int, dtype: torch.dtype) -> tuple[Tensor, ...]:
    """Keys and values in pages, in an order of their own, with garbage behind each sequence's end."""
    made = torch.Generator().manual_seed(sum(lengths) + width)
    blocks = [-(-length // 16) for length in lengths]
    keys, values = (torch.randn(sum(blocks) + 2, kv_heads, 16, width, generator=made).to(dtype) for _ in range(2))
    order = torch.randperm(len(keys), generator=made).tolist()
    tables = torch.full((len(lengths), max(blocks)), 2**30, dtype=torch.int32)
    for row, count in enumerate(blocks):
        tables[row, :count] = torch.tensor([order.pop() for _ in range(count)])
    return keys, values, tables, torch.tensor(lengths, dtype=torch.int32)


SHAPES = pytest.mark.parametrize(
    ("lengths", "heads", "kv_heads", "width"),
    [([1], 1, 1, 32), ([16, 17, 40], 6, 2, 64), ([5, 200], 4, 4, 96), ([33], 8, 1, 48), ([7, 513, 256], 10, 2, 64)],
)


@SHAPES
def test_memory_of_eight_bits(lengths: list[int], heads: int, kv_heads: int, width: int) -> None:
    keys, values, tables, counts = pages(lengths, kv_heads, width, torch.bfloat16)
    spread = 2 ** torch.randn(*keys.shape[:3], 1, generator=torch.Generator().manual_seed(3))
    keys, values = (stored(each * spread, torch.empty(0, dtype=torch.uint8)) for each in (keys, values))
    queries = torch.randn(len(lengths), heads, width, generator=torch.Generator().manual_seed(1))
    queries = queries.bfloat16().float()
    with torch.inference_mode():
        found = attend_paged(queries, keys, values, tables, counts)
        held = numbers(keys, torch.float64), numbers(values, torch.float64)
        exact = attend_paged(queries.double(), held[0], held[1], tables, counts)
    torch.testing.assert_close(found.double(), exact, rtol=0.004, atol=0.005)  # kernels give bf16


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@SHAPES
def test_it_is_attention(lengths: list[int], heads: int, kv_heads: int, width: int, dtype: torch.dtype) -> None:
    keys, values, tables, counts = pages(lengths, kv_heads, width, dtype)
    queries = torch.randn(len(lengths), heads, width, generator=torch.Generator().manual_seed(1)).to(dtype)
    with torch.inference_mode():
        found = attend_paged(queries, keys, values, tables, counts)
    assert found.dtype == dtype
    for row, length in enumerate(lengths):
        used = tables[row, : -(-length // 16)].long()
        key, value = (each[used].transpose(0, 1).flatten(1, 2)[:, :length].double() for each in (keys, values))
        exact = F.scaled_dot_product_attention(queries[row].double().unsqueeze(1), key, value, enable_gqa=True)
        torch.testing.assert_close(found[row].double(), exact.squeeze(1), rtol=0, atol=TOLERANCE[dtype])


def test_a_row_does_not_depend_on_the_others() -> None:
    keys, values, tables, counts = pages([9, 600, 31], 2, 64, torch.bfloat16)  # one of several stretches
    queries = torch.randn(3, 4, 64, generator=torch.Generator().manual_seed(1)).bfloat16()
    with torch.inference_mode():
        together = attend_paged(queries, keys, values, tables, counts)
        for row in range(3):
            one = slice(row, row + 1)
            assert torch.equal(attend_paged(queries[one], keys, values, tables[one], counts[one])[0], together[row])


def test_more_threads_give_the_same() -> None:
    keys, values, tables, counts = pages([9, 600], 2, 64, torch.bfloat16)
    queries = torch.randn(2, 6, 64, generator=torch.Generator().manual_seed(1)).bfloat16()
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            with torch.inference_mode():
                found.append(attend_paged(queries, keys, values, tables, counts))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_what_is_no_number_stays_none() -> None:
    keys, values, tables, counts = pages([20], 1, 32, torch.bfloat16)
    queries = torch.full((1, 1, 32), float("nan"), dtype=torch.bfloat16)
    with torch.inference_mode():
        assert bool(attend_paged(queries, keys, values, tables, counts).isnan().all())
