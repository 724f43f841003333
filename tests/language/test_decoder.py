"""The decoder: chunks, cached tokens and padding change nothing; what comes later is not seen."""

from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from sensorium.language.config import AttentionConfig, DecoderConfig, build_decoder
from sensorium.language.decoder import Decoder, Layer
from sensorium.nn.cache import KVCache, group_mask
from sensorium.nn.rotary import Rotary, Rotation, frequencies

close = partial(torch.testing.assert_close, atol=1e-5, rtol=1e-4)
LENGTH = 9
CONFIG = DecoderConfig(vocabulary=40, width=32, layers=3, hidden=48, attention=AttentionConfig(4, 2, 8, qk_norm=True))
WINDOWS: dict[str, tuple[int | None, ...]] = {"all see all": (), "some have windows": (3, None, 1)}


def built(config: DecoderConfig = CONFIG) -> Decoder:
    torch.manual_seed(0)
    return build_decoder(config).requires_grad_(False)


@pytest.fixture(params=list(WINDOWS.values()), ids=list(WINDOWS))
def decoder(request: pytest.FixtureRequest) -> Decoder:
    return built(replace(CONFIG, windows=request.param))


@pytest.fixture
def embeds() -> Tensor:
    return torch.randn(2, LENGTH, 32, generator=torch.Generator().manual_seed(1))


def places(start: int, end: int) -> Tensor:
    return torch.arange(start, end).expand(2, -1)


def batch_of(decoder: Decoder, capacity: int = LENGTH) -> KVCache:
    return decoder.new_cache(2, capacity)


@pytest.mark.parametrize("cuts", [[0, 4, 9], [0, 1, 2, 3, 9], list(range(10)), [0, 8, 9]])
def test_in_pieces_is_as_in_one(decoder: Decoder, embeds: Tensor, cuts: list[int]) -> None:
    whole = decoder(embeds, places(0, LENGTH))
    room = batch_of(decoder)
    pieces = [decoder(embeds[:, start:end], places(start, end), cache=room) for start, end in pairwise(cuts)]
    close(torch.cat(pieces, dim=1), whole)


def test_a_truncated_and_a_grown_cache_go_on_as_if_nothing_had_been(decoder: Decoder, embeds: Tensor) -> None:
    whole = decoder(embeds, places(0, LENGTH))
    room = batch_of(decoder, 6)
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
    room = batch_of(decoder, LENGTH + 3)
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


def test_a_window_is_a_mask_of_what_is_near(embeds: Tensor) -> None:
    decoder, plain = built(replace(CONFIG, layers=1, windows=(4,))), built(replace(CONFIG, layers=1))
    windowed, whole = decoder(embeds, places(0, LENGTH)), plain(embeds, places(0, LENGTH))
    close(windowed[:, :4], whole[:, :4])
    near = torch.stack([plain(embeds[:, at - 3 : at + 1], places(at - 3, at + 1))[:, -1] for at in range(3, LENGTH)], 1)
    close(windowed[:, 3:], near)


def test_tokens_of_a_group_see_each_other_whatever_the_window(decoder: Decoder, embeds: Tensor) -> None:
    groups = torch.tensor([[-1, -1, 0, 0, 0, 0, 0, -1, -1], [-1] * LENGTH])
    found = decoder(embeds, places(0, LENGTH), both_ways=group_mask(groups, LENGTH))
    plain = decoder(embeds, places(0, LENGTH))
    close(found[1], plain[1])
    close(found[0, :2], plain[0, :2])
    changed = embeds.clone()
    changed[0, 6] += 1.0
    after = decoder(changed, places(0, LENGTH), both_ways=group_mask(groups, LENGTH))
    assert torch.equal(found[0, :2], after[0, :2])
    assert not torch.allclose(found[0, 2], after[0, 2], atol=1e-3)


def test_logits_are_products_with_the_embedding_or_the_head_and_may_be_capped() -> None:
    hidden = 9 * torch.randn(2, 3, 32)
    tied, own = built(), built(replace(CONFIG, tied=False))
    capped = built(replace(CONFIG, logit_cap=3.0))
    torch.testing.assert_close(tied.logits(hidden), hidden @ tied.embedding.weight.T)
    assert own.head is not None
    torch.testing.assert_close(own.logits(hidden), hidden @ own.head.weight.T)
    torch.testing.assert_close(capped.logits(hidden), 3 * (hidden @ tied.embedding.weight.T / 3).tanh())


def test_a_step_is_a_forward_of_one_token_each(decoder: Decoder) -> None:
    ids = torch.tensor([[3, 4, 5], [6, 7, 8]])
    whole = decoder.logits(decoder(decoder.embedding(ids), places(0, 3)))
    room = batch_of(decoder)
    decoder(decoder.embedding(ids[:, :2]), places(0, 2), cache=room)
    close(decoder.step(ids[:, 2], torch.tensor([2, 2]), None, room), whole[:, 2])


class Watching(nn.Module):
    """A block of a family's own: remembers what it was told and changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[dict[str, Any]] = []

    def forward(self, x: Tensor, rotation: Rotation | None = None, **options: Any) -> Tensor:
        self.told.append({"x": x, "rotation": rotation, **options})
        return x


def watched(*layers: tuple[Rotary | None, int | None]) -> tuple[Decoder, list[Watching]]:
    blocks = [Watching() for _ in layers]
    parts = [Layer(block, rotary, window) for block, (rotary, window) in zip(blocks, layers, strict=True)]
    decoder = Decoder(embedding=nn.Embedding(5, 32), layers=parts, norm=nn.Identity(), kv_heads=2, head_width=8)
    return decoder, blocks


def test_one_token_without_padding_needs_no_mask_but_where_a_window_is_full(embeds: Tensor) -> None:
    decoder, blocks = watched((None, None), (None, 4), (None, 9))
    room = batch_of(decoder)
    for layer in room.layers:
        layer.append(*torch.zeros(2, 2, 2, 5, 8))
    decoder(embeds[:, :1], places(5, 6), cache=room)
    masks = [block.told[0]["mask"] for block in blocks]
    assert masks[0] is masks[2] is None
    assert masks[1].tolist() == [[False, False, True, True, True, True]]
    assert not any(block.told[0]["causal"] for block in blocks)


def test_layers_that_turn_alike_share_one_rotation_in_the_type_of_the_rows(embeds: Tensor) -> None:
    far, near = Rotary(frequencies(8, base=100.0)), Rotary(frequencies(8, base=10.0))
    decoder, blocks = watched((far, None), (near, 3), (far, None), (None, None))
    decoder.bfloat16()
    decoder(embeds.bfloat16(), places(300, 309))
    turns = [block.told[0]["rotation"] for block in blocks]
    assert turns[0] is turns[2]
    assert turns[1] is not turns[0]
    assert turns[3] is None
    torch.testing.assert_close(turns[0][0], far(places(300, 309))[0].bfloat16())  # of angles that were never in bf16


def test_work_after_a_block_reaches_the_next_ones_only(embeds: Tensor) -> None:
    decoder, blocks = watched((None, None), (None, None), (None, None))
    hidden = decoder(embeds, places(0, LENGTH), after={1: lambda x: x + 1, 2: lambda x: 2 * x})
    assert [torch.equal(block.told[0]["x"], embeds) for block in blocks] == [True, True, False]
    assert torch.equal(hidden, 2 * (embeds + 1))
