"""Gated cross-attention: who sees which rows, shut gates, and what a cache remembers of what was shown."""

from functools import partial
from typing import cast

import pytest
import torch
from torch import Tensor, nn

from sensorium.core.errors import SpanMismatch
from sensorium.fusion.cross import NEVER, CrossCache, GatedCrossBlock, Shown, side_by_side
from sensorium.nn.attention import CrossAttention
from sensorium.nn.cache import KVCache
from sensorium.nn.mlp import GatedMlp
from sensorium.nn.norm import RmsNorm


def block(*, qk_norm: bool = True, open_gates: bool = True) -> GatedCrossBlock:
    torch.manual_seed(0)
    made = GatedCrossBlock(
        attention=CrossAttention(width=16, source_width=12, heads=4, kv_heads=2, qk_norm=RmsNorm if qk_norm else None),
        mlp=GatedMlp(16, 24),
        attention_norm=RmsNorm(16),
        mlp_norm=RmsNorm(16),
    )
    for gate in (made.attention_gate, made.mlp_gate):
        nn.init.constant_(gate.weight, 0.8 if open_gates else 0.0)
    return made


def tensors(*, tokens: int = 5, rows: int = 7) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, tokens, 16, generator=generator), torch.randn(2, rows, 12, generator=generator)


@pytest.mark.parametrize("qk_norm", [True, False])
def test_what_it_adds_is_attention_then_feed_forward_each_behind_its_gate(qk_norm: bool) -> None:
    made, (x, rows) = block(qk_norm=qk_norm), tensors()
    key, value = made.attention.look(rows)
    opened = torch.tensor(0.8).tanh()
    middle = x + opened * made.attention(made.attention_norm(x), key, value)
    torch.testing.assert_close(made(x, key, value), middle + opened * made.mlp(made.mlp_norm(middle)))


def test_new_gates_are_shut_and_get_gradients() -> None:
    made, (x, rows) = block(open_gates=False), tensors()
    found = made(x, *made.attention.look(rows))
    assert torch.equal(found, x)
    (found * x).sum().backward()
    grads = [gate.weight.grad for gate in (made.attention_gate, made.mlp_gate)]
    assert all(grad is not None and bool(grad.any()) for grad in grads)


def test_rows_that_are_not_seen_do_not_count() -> None:
    made, (x, rows) = block(), tensors()
    sees = torch.zeros(2, 5, 7, dtype=torch.bool)
    sees[..., :3] = True
    expected = made(x, *made.attention.look(rows[:, :3]))
    torch.testing.assert_close(made(x, *made.attention.look(rows), sees=sees), expected)


def test_a_token_that_sees_nothing_is_left_as_it_was_and_gradients_are_finite() -> None:
    made, (x, rows) = block(), tensors()
    sees = torch.ones(2, 5, 7, dtype=torch.bool)
    sees[0, :2] = False
    found = made(x, *made.attention.look(rows), sees=sees)
    assert torch.equal(found[0, :2], x[0, :2])
    torch.testing.assert_close(found[:, 2:], made(x, *made.attention.look(rows))[:, 2:])
    found.sum().backward()
    assert all(bool(torch.isfinite(cast("Tensor", each.grad)).all()) for each in made.parameters())


def looks(rows: int, seed: int = 0, batch: int = 1) -> tuple[tuple[Tensor, Tensor], ...]:
    """Keys and values of two blocks."""
    draw = partial(torch.randn, batch, 2, rows, 4, generator=torch.Generator().manual_seed(seed))
    return ((draw(), draw()), (draw(), draw()))


def shown(marks: list[list[int]], places: list[list[int]]) -> Shown:
    nothing = Shown.nothing(len(marks), torch.device("cpu"))
    rows = looks(len(places[0]), batch=len(marks))
    return nothing.marked(torch.tensor(marks).bool(), 0).extended(torch.tensor(places), rows)


def test_text_sees_the_items_before_it_back_to_the_last_other_text() -> None:
    #         t  o  t  o  o  t  t     t: text, o: stands for an item
    marks = [[0, 1, 0, 1, 1, 0, 0]]
    found = shown(marks, [[1, 1, 3, 4]]).sees(7)[0].int().tolist()
    assert found == [
        [0, 0, 0, 0],
        [1, 1, 0, 0],
        [1, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 1, 1],
        [0, 0, 1, 1],
        [0, 0, 1, 1],
    ]
    assert shown(marks, [[1, 1, 3, 4]]).sees(2)[0].int().tolist() == found[-2:]


def test_texts_of_a_batch_see_their_own_items_and_no_padding() -> None:
    found = shown([[0, 0, 0], [0, 1, 0]], [[NEVER, NEVER], [1, 1]]).sees(3)
    assert found.int().tolist() == [[[0, 0]] * 3, [[0, 0], [1, 1], [1, 1]]]


def test_what_comes_later_sees_what_the_last_known_token_does() -> None:
    known = shown([[1, 0]], [[0, 0]])
    assert known.sees(1).tolist() == [[[True, True]]]
    later = known.marked(torch.tensor([[False, True, False]]), 4)  # two tokens in between had no marks
    assert later.marks.int().tolist() == [[1, 0, 0, 0, 0, 1, 0]]
    again = later.extended(torch.tensor([[5]]), looks(1, seed=1))
    assert again.sees(3)[0].int().tolist() == [[1, 1, 0], [0, 0, 1], [0, 0, 1]]
    assert [each.shape[2] for layer in again.layers for each in layer] == [3] * 4


def test_items_follow_each_other_across_calls() -> None:
    first = shown([[0, 1]], [[1]])
    second = first.marked(torch.tensor([[True, False]]), 2).extended(torch.tensor([[2]]), looks(1))
    assert second.sees(2)[0].int().tolist() == [[1, 1], [1, 1]]


def test_a_cut_forgets_items_and_their_rows() -> None:
    whole = shown([[1, 0, 0, 1, 0]], [[0, 0, 3]])
    cut = whole.cut(3)
    assert (cut.marks.shape, cut.places.tolist()) == ((1, 3), [[0, 0]])
    for (key, value), (old_key, old_value) in zip(cut.layers, whole.layers, strict=True):
        assert torch.equal(key, old_key[:, :, :2])
        assert torch.equal(value, old_value[:, :, :2])
    assert whole.cut(0).layers == ()
    uneven = shown([[1, 0, 0], [0, 0, 1]], [[0, NEVER], [2, 2]]).cut(2)
    assert uneven.places.tolist() == [[0], [NEVER]]


def test_a_cache_keeps_what_was_shown_beside_the_text() -> None:
    cache = CrossCache(
        KVCache.empty(layers=2, batch=1, kv_heads=2, capacity=4, head_width=4, like=torch.ones(1)).layers
    )
    assert cache.shown.layers == ()
    cache.shown = shown([[1, 0, 1, 0]], [[0, 2]])
    for layer in cache.layers:
        layer.append(torch.ones(1, 2, 4, 4), torch.ones(1, 2, 4, 4))
    grown = cache.grown(9)
    assert (grown.capacity, grown.length, grown.shown) == (9, 4, cache.shown)
    grown.truncate(2)
    assert (grown.length, grown.shown.places.tolist()) == (2, [[0]])
    assert cache.shown.places.tolist() == [[0, 2]]


def test_rows_of_each_text_lie_side_by_side() -> None:
    items = [torch.full((rows, 3), float(rows)) for rows in (2, 1, 3)]
    marks = torch.tensor([[True, False, True], [False, False, False], [False, True, False]])
    places, rows = side_by_side(items, [0, 0, 2], marks, what="image", before=10)
    assert places.tolist() == [[10, 10, 12], [NEVER] * 3, [11, 11, 11]]
    assert rows[..., 0].tolist() == [[2.0, 2.0, 1.0], [0.0] * 3, [3.0] * 3]
    with pytest.raises(SpanMismatch, match=r"image: tokens stand for items of texts \[0, 0, 2\], but .* \[0, 1, 2\]"):
        side_by_side(items, [0, 1, 2], marks, what="image")
