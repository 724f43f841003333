"""The decoder: chunks, cached tokens and padding change nothing; what comes later is not seen."""

from functools import partial
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from sensorium.language.decoder import Decoder
from sensorium.nn.cache import KVCache

close = partial(torch.testing.assert_close, atol=1e-5, rtol=1e-4)
LENGTH = 9


@pytest.fixture
def decoder() -> Decoder:
    torch.manual_seed(0)
    return Decoder(
        vocabulary=40, width=32, layers=3, heads=4, kv_heads=2, hidden=48, rotary_base=10_000.0
    ).requires_grad_(False)


@pytest.fixture
def embeds() -> Tensor:
    return torch.randn(2, LENGTH, 32, generator=torch.Generator().manual_seed(1))


def places(start: int, end: int) -> Tensor:
    return torch.arange(start, end).expand(2, -1)


def cache(capacity: int = LENGTH) -> KVCache:
    return KVCache.empty(layers=3, batch=2, kv_heads=2, capacity=capacity, head_width=8, like=torch.empty(0))


@pytest.mark.parametrize("cuts", [[0, 4, 9], [0, 1, 2, 3, 9], list(range(10)), [0, 8, 9]])
def test_in_pieces_is_as_in_one(decoder: Decoder, embeds: Tensor, cuts: list[int]) -> None:
    whole = decoder(embeds, places(0, LENGTH))
    room = cache()
    pieces = [decoder(embeds[:, start:end], places(start, end), cache=room) for start, end in pairwise(cuts)]
    close(torch.cat(pieces, dim=1), whole)


def test_a_truncated_and_a_grown_cache_go_on_as_if_nothing_had_been(decoder: Decoder, embeds: Tensor) -> None:
    whole = decoder(embeds, places(0, LENGTH))
    room = cache(6)
    decoder(embeds[:, :4], places(0, 4), cache=room)
    decoder(torch.randn(2, 2, 32), places(4, 6), cache=room)  # taken back
    room.truncate(4)
    rest = decoder(embeds[:, 4:], places(4, LENGTH), cache=room.grown(LENGTH))
    close(rest, whole[:, 4:])


def test_padding_on_the_left_is_as_none(decoder: Decoder, embeds: Tensor) -> None:
    whole = decoder(embeds, places(0, LENGTH))
    pads = torch.full((2, 3, 32), 7.0)
    present = torch.tensor([False] * 3 + [True] * LENGTH).expand(2, -1)
    positions = torch.cat((torch.zeros(2, 3, dtype=torch.int64), places(0, LENGTH)), dim=1)
    padded = decoder(torch.cat((pads, embeds), dim=1), positions, present=present)
    close(padded[:, 3:], whole)
    assert bool(torch.isfinite(padded).all())


def test_padding_stays_unseen_while_tokens_are_added_one_by_one(decoder: Decoder, embeds: Tensor) -> None:
    whole = decoder(embeds, places(0, LENGTH))
    room = cache(LENGTH + 3)
    present = torch.tensor([False] * 3 + [True] * 5).expand(2, -1)
    start = torch.cat((torch.full((2, 3, 32), 7.0), embeds[:, :5]), dim=1)
    decoder(start, torch.cat((torch.zeros(2, 3).long(), places(0, 5)), dim=1), present=present, cache=room)
    for at in range(5, LENGTH):
        present = torch.nn.functional.pad(present, (0, 1), value=True)
        hidden = decoder(embeds[:, at : at + 1], places(at, at + 1), present=present, cache=room)
        close(hidden[:, 0], whole[:, at])


def test_no_token_sees_a_later_one(decoder: Decoder, embeds: Tensor) -> None:
    changed = embeds.clone()
    changed[:, 5] += 1.0
    before, after = decoder(embeds, places(0, LENGTH)), decoder(changed, places(0, LENGTH))
    assert torch.equal(before[:, :5], after[:, :5])
    assert not torch.allclose(before[:, 5:], after[:, 5:], atol=1e-3)


def test_logits_are_products_with_the_embedding(decoder: Decoder) -> None:
    hidden = torch.randn(2, 3, 32)
    torch.testing.assert_close(decoder.logits(hidden), hidden @ decoder.embedding.weight.T)
