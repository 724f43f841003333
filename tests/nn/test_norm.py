"""The norms are their formulas, and Gemma's keeps the digits of its weight in bf16."""

import pytest
import torch

from sensorium.nn.norm import CentredRmsNorm, RmsNorm


@pytest.mark.parametrize(("make", "offset"), [(RmsNorm, 0.0), (CentredRmsNorm, 1.0)])
def test_norms_are_their_formulas(make: type[RmsNorm] | type[CentredRmsNorm], offset: float) -> None:
    norm = make(6, 1e-3)
    torch.nn.init.normal_(norm.weight, generator=torch.Generator().manual_seed(0))
    x = torch.randn(2, 3, 6, generator=torch.Generator().manual_seed(1))
    expected = x / (x.square().mean(dim=-1, keepdim=True) + 1e-3).sqrt() * (norm.weight + offset)
    torch.testing.assert_close(norm(x), expected)


def test_a_fresh_norm_leaves_the_size_alone() -> None:
    x = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(CentredRmsNorm(6)(x), RmsNorm(6)(x))


def test_a_small_weight_in_bf16_counts_beside_one() -> None:
    norm = CentredRmsNorm(2).bfloat16()
    with torch.no_grad():
        norm.weight.fill_(2**-9)  # 1 + this is 1 in bf16
    assert norm(torch.ones(1, 2))[0].tolist() == pytest.approx([1 + 2**-9] * 2, abs=1e-6)
    assert norm(torch.ones(1, 2).bfloat16()).dtype == torch.bfloat16
