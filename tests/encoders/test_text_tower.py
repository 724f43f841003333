"""The text towers: who sees whom, with and without padding, on either side."""

import pytest
import torch
from torch import nn

from sensorium.core.errors import LimitExceeded
from sensorium.encoders.text_tower import TextTower
from sensorium.nn.block import tower_block

WIDTH, CONTEXT, VOCABULARY = 16, 8, 30


def tower(*, causal: bool) -> TextTower:
    torch.manual_seed(0)
    made = TextTower(
        embedding=nn.Embedding(VOCABULARY, WIDTH),
        context=CONTEXT,
        blocks=[tower_block(WIDTH, 2, 24, activation="quick_gelu", eps=1e-5) for _ in range(2)],
        norm=nn.LayerNorm(WIDTH),
        causal=causal,
    )
    with torch.no_grad():
        for each in made.parameters():
            each.copy_(torch.randn_like(each) * 0.3)
    return made


IDS = torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]])


@pytest.mark.parametrize("causal", [False, True])
def test_a_token_sees_those_after_it_only_in_the_full_tower(causal: bool) -> None:
    encoder = tower(causal=causal)
    changed = IDS.clone()
    changed[:, -1] = 7
    same = torch.isclose(encoder(IDS)[:, :-1], encoder(changed)[:, :-1], atol=1e-6).all()
    assert bool(same) is causal


@pytest.mark.parametrize("causal", [False, True])
def test_absent_tokens_are_not_seen(causal: bool) -> None:
    encoder = tower(causal=causal)
    present = torch.tensor([[False, True, True, True, True], [True, True, True, True, False]])
    changed = torch.where(present, IDS, 7)
    found, other = encoder(IDS, present), encoder(changed, present)
    torch.testing.assert_close(found[present], other[present])
    assert bool(torch.isfinite(found).all())  # a token on the left that sees nothing before it sees itself
    alone = encoder(IDS[1:, :4])
    torch.testing.assert_close(found[1:, :4], alone, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(encoder(IDS, torch.ones_like(present)), encoder(IDS), atol=1e-5, rtol=1e-5)


def test_places_count() -> None:
    encoder = tower(causal=False)
    assert not torch.allclose(encoder(torch.tensor([[4, 4]]))[0, 0], encoder(torch.tensor([[4, 4]]))[0, 1], atol=1e-3)


@pytest.mark.parametrize("causal", [False, True])
def test_gradients_reach_everything(causal: bool) -> None:
    encoder = tower(causal=causal)
    rows = encoder(torch.arange(CONTEXT)[None])
    (rows * torch.randn_like(rows)).sum().backward()
    assert [name for name, each in encoder.named_parameters() if each.grad is None or not bool(each.grad.any())] == []


def test_a_text_beyond_the_context_is_refused() -> None:
    with pytest.raises(LimitExceeded, match=r"text: 9 tokens; .* at most 8\. Shorten"):
        tower(causal=True)(torch.zeros(1, 9, dtype=torch.int64))
