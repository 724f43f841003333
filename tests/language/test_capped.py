"""Capped attention is its formula, and plain attention where the cap is far away."""

import pytest
import torch
from torch import Tensor

from sensorium.language.capped import CappedAttention, soft_cap
from sensorium.nn.attention import Attention
from sensorium.nn.cache import LayerCache, causal_mask
from sensorium.nn.norm import CentredRmsNorm
from sensorium.nn.rotary import rotation


@pytest.fixture
def plain() -> Attention:
    torch.manual_seed(0)
    return Attention(width=16, heads=4, kv_heads=2, head_width=6, bias=True, qk_norm=CentredRmsNorm, scale=0.7)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_a_cap_bends_large_scores_only() -> None:
    capped = soft_cap(torch.tensor([-1e9, -0.01, 0.0, 0.01, 1e9]), 5.0)
    assert capped.tolist() == pytest.approx([-5.0, -0.01, 0.0, 0.01, 5.0], abs=1e-6)


@pytest.mark.parametrize("kind", ["causal", "mask", "batched mask", "all"])
def test_with_a_far_cap_it_is_plain_attention(plain: Attention, kind: str) -> None:
    x, turn = random(3, 5, 16), rotation(torch.arange(5.0).unsqueeze(-1), 6, base=100.0)
    mask = {"mask": random(5, 5, seed=1) > 0, "batched mask": random(3, 1, 5, 5, seed=1) > 0}.get(kind)
    mask = None if mask is None else mask | torch.eye(5, dtype=torch.bool)
    found, expected = (
        attention(x, turn, mask=mask, causal=kind == "causal") for attention in (CappedAttention(plain, cap=1e4), plain)
    )
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_with_a_near_cap_it_is_its_formula() -> None:
    torch.manual_seed(0)
    plain = Attention(width=6, heads=1, scale=3.0)
    x = random(1, 4, 6)
    query, key, value = plain.qkv(x).chunk(3, dim=-1)
    scores = (0.5 * torch.tanh(query @ key.mT * 3.0 / 0.5)).masked_fill(torch.ones(4, 4).triu(1) > 0, -torch.inf)
    found = CappedAttention(plain, cap=0.5)(x, causal=True)
    torch.testing.assert_close(found, plain.out(scores.softmax(dim=-1) @ value))
    assert not torch.allclose(found, plain(x, causal=True), atol=1e-3)


def test_with_a_cache_it_gives_what_it_gives_without(plain: Attention) -> None:
    attention, x = CappedAttention(plain, cap=0.5), random(2, 5, 16)
    cache = LayerCache(torch.empty(2, 2, 5, 6), torch.empty(2, 2, 5, 6))
    with torch.no_grad():
        pieces = [
            attention(x[:, start:end], mask=causal_mask(end - start, end, None, x.device), cache=cache)
            for start, end in ((0, 3), (3, 4), (4, 5))
        ]
        torch.testing.assert_close(torch.cat(pieces, dim=1), attention(x, causal=True), atol=1e-6, rtol=1e-5)
