"""The written-out CPU attention is PyTorch's, and the module around it keeps heads, order and cache apart."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from sensorium.nn.attention import Attention, CrossAttention, Scoring, attend
from sensorium.nn.cache import LayerCache, causal_mask
from sensorium.nn.norm import RmsNorm
from sensorium.nn.rotary import rotation


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
@pytest.mark.parametrize("kind", ["all", "causal", "mask", "batched mask"])
def test_equals_the_fused_kernel(kv_heads: int, kind: str) -> None:
    query, key, value = random(3, 4, 7, 8), random(3, kv_heads, 7, 8, seed=1), random(3, kv_heads, 7, 8, seed=2)
    mask = {
        "mask": random(7, 7, seed=3) > 0,
        "batched mask": random(3, 1, 7, 7, seed=3) > 0,
    }.get(kind)
    if mask is not None:
        mask = mask | torch.eye(7, dtype=torch.bool)
    expected = F.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=kind == "causal", enable_gqa=True
    )
    found = attend(query, key, value, mask=mask, causal=kind == "causal")
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_gradients_equal_those_of_the_fused_kernel() -> None:
    query, key, value = inputs = [random(2, 2, 5, 4, seed=seed).requires_grad_() for seed in range(3)]
    weights = random(2, 2, 5, 4, seed=9)
    ours = torch.autograd.grad((attend(query, key, value, mask=None, causal=True) * weights).sum(), inputs)
    fused = F.scaled_dot_product_attention(query, key, value, is_causal=True)
    theirs = torch.autograd.grad((fused * weights).sum(), inputs)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_more_keys_than_queries_with_a_mask() -> None:
    query, key, value = random(2, 2, 3, 4), random(2, 2, 8, 4, seed=1), random(2, 2, 8, 4, seed=2)
    mask = causal_mask(3, 8, None, query.device)
    expected = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    torch.testing.assert_close(attend(query, key, value, mask=mask, causal=False), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("cap", [None, 0.5])
def test_the_module_with_a_cache_gives_what_it_gives_without(cap: float | None) -> None:
    torch.manual_seed(0)
    attention = Attention(width=16, heads=4, kv_heads=2, qk_norm=RmsNorm, scoring=Scoring(cap=cap))
    x, positions = random(2, 6, 16), torch.arange(6.0).unsqueeze(-1)
    turn = rotation(positions, 4, base=100.0)
    whole = attention(x, turn, causal=True)
    cache = LayerCache(torch.empty(2, 2, 6, 4), torch.empty(2, 2, 6, 4))
    pieces = []
    with torch.no_grad():
        for start, end in ((0, 3), (3, 5), (5, 6)):
            mask = causal_mask(end - start, end, None, x.device)
            part = (turn[0][start:end], turn[1][start:end])
            pieces.append(attention(x[:, start:end], part, mask=mask, cache=cache))
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, atol=1e-5, rtol=1e-5)


def test_batched_rotations_equal_shared_ones() -> None:
    torch.manual_seed(0)
    attention = Attention(width=16, heads=2)
    x = random(3, 5, 16)
    shared = rotation(torch.arange(5.0).unsqueeze(-1), 8, base=100.0)
    batched = rotation(torch.arange(5.0).expand(3, 5).unsqueeze(-1), 8, base=100.0)
    torch.testing.assert_close(attention(x, batched), attention(x, shared))


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("masked", [False, True])
def test_one_token_looks_back_as_the_last_of_many_does(kv_heads: int, dtype: torch.dtype, masked: bool) -> None:
    query, key, value = random(2, 4, 7, 8), random(2, kv_heads, 7, 8, seed=1), random(2, kv_heads, 7, 8, seed=2)
    mask = (random(2, 1, 1, 7, seed=3) > 0) | (torch.arange(7) == 6) if masked else None
    whole = attend(query, key, value, mask=None if mask is None else mask.expand(2, 1, 7, 7), causal=False)
    parts = (each.to(dtype) for each in (query[:, :, -1:], key, value))
    found = attend(*parts, mask=mask, causal=False)
    assert found.dtype == dtype
    tolerance = 1e-5 if dtype == torch.float32 else 0.02
    torch.testing.assert_close(found.float(), whole[:, :, -1:], atol=tolerance, rtol=tolerance)


def test_scores_may_have_another_scale() -> None:
    query, key, value = random(1, 2, 3, 8), random(1, 2, 3, 8, seed=1), random(1, 2, 3, 8, seed=2)
    expected = F.scaled_dot_product_attention(query, key, value, scale=0.7)
    torch.testing.assert_close(attend(query, key, value, mask=None, causal=False, scoring=Scoring(scale=0.7)), expected)


def test_long_sequences_take_the_fused_kernel_and_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    query, key, value = random(1, 4, 6, 8), random(1, 2, 6, 8, seed=1), random(1, 2, 6, 8, seed=2)
    explicit = attend(query, key, value, mask=None, causal=True)
    monkeypatch.setattr("sensorium.nn.attention.EXPLICIT_SCORES", 6)
    torch.testing.assert_close(attend(query, key, value, mask=None, causal=True), explicit)


def test_looking_at_other_rows_is_pytorch_s_multi_head_attention() -> None:
    theirs = torch.nn.MultiheadAttention(8, 2, kdim=6, vdim=6, batch_first=True)
    ours = CrossAttention(width=8, source_width=6, heads=2, bias=True)
    biases = theirs.in_proj_bias.detach().view(3, 8)
    ours.load_state_dict(
        {
            "query.weight": theirs.q_proj_weight,
            "query.bias": biases[0],
            "key_value.weight": torch.cat((theirs.k_proj_weight, theirs.v_proj_weight)),
            "key_value.bias": biases[1:].flatten(),
            "out.weight": theirs.out_proj.weight,
            "out.bias": theirs.out_proj.bias,
        }
    )
    x, source = random(2, 3, 8), random(2, 5, 6, seed=1)
    torch.testing.assert_close(ours(x, *ours.look(source)), theirs(x, source, source)[0])


@pytest.mark.parametrize("kind", ["all", "causal", "mask", "batched mask"])
def test_a_far_cap_changes_nothing(kind: str) -> None:
    query, key, value = random(3, 4, 5, 6), random(3, 2, 5, 6, seed=1), random(3, 2, 5, 6, seed=2)
    mask = {"mask": random(5, 5, seed=3) > 0, "batched mask": random(3, 1, 5, 5, seed=3) > 0}.get(kind)
    mask = None if mask is None else mask | torch.eye(5, dtype=torch.bool)
    found, expected = (
        attend(query, key, value, mask=mask, causal=kind == "causal", scoring=Scoring(0.7, cap)) for cap in (1e4, None)
    )
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_a_near_cap_is_its_formula_whatever_the_length(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    plain, capped = (Attention(width=6, heads=1, scoring=Scoring(3.0, cap)) for cap in (None, 0.5))
    capped.load_state_dict(plain.state_dict())
    x = random(1, 4, 6)
    query, key, value = plain.qkv(x).chunk(3, dim=-1)
    scores = (0.5 * torch.tanh(query @ key.mT * 3.0 / 0.5)).masked_fill(torch.ones(4, 4).triu(1) > 0, -torch.inf)
    expected = plain.out(scores.softmax(dim=-1) @ value)
    torch.testing.assert_close(capped(x, causal=True), expected)
    assert not torch.allclose(plain(x, causal=True), expected, atol=1e-3)
    monkeypatch.setattr("sensorium.nn.attention.EXPLICIT_SCORES", 1)
    torch.testing.assert_close(capped(x, causal=True), expected)


def test_long_sequences_in_sixteen_bits_are_the_fused_kernel_s() -> None:
    torch.manual_seed(0)
    rows = torch.randn(2, 700, 3, 2, 16).bfloat16()  # as they lie behind one product
    query, key, value = (each.transpose(1, 2) for each in rows.unbind(2))
    scoring = Scoring(scale=0.5)
    found = attend(query, key[:, :, :650], value[:, :, :650], mask=None, causal=False, scoring=scoring)
    exact = F.scaled_dot_product_attention(
        query.double(), key[:, :, :650].double(), value[:, :, :650].double(), scale=0.5
    )
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.double(), exact, atol=0.02, rtol=0.02)
