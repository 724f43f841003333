"""Cuts and keys of prompts: functions of the prompt alone, pieces that are together the whole, and what keys cover."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sensorium.engine.prompt import Prompt, read_prompt
from sensorium.inputs.carrier import MediaBatch, ModelInputs, Span


def inputs(*lengths: int, pixel: int = 0, width: int = 3) -> ModelInputs:
    """Words and pictures in turn, so many tokens each; words first."""
    ids = [place for number, length in enumerate(lengths) for place in [7 if number % 2 else 1] * length]
    tokens = torch.tensor([ids])
    spans = tuple(Span(0, length) for length in lengths[1::2])
    features = tuple(torch.full((3, width, 2), pixel + number, dtype=torch.uint8) for number in range(len(spans)))
    media = (MediaBatch("image", features, spans),) if spans else ()
    places = (tokens == 7,) if spans else ()
    return ModelInputs(tokens, torch.arange(len(ids)).unsqueeze(0), None, media, places)


def read(given: ModelInputs, *, salt: str = "", chunk: int = 40, groups: torch.Tensor | None = None) -> Prompt:
    return read_prompt(given, salt=salt, chunk=chunk, groups=groups)


@pytest.mark.parametrize(
    ("lengths", "cuts"),
    [
        ((10,), (10,)),
        ((40,), (40,)),
        ((41,), (40, 41)),
        ((100,), (40, 80, 100)),
        ((5, 10, 3), (15, 18)),
        ((5, 10), (15,)),
        ((5, 10, 2, 10, 3), (27, 30)),  # the first picture ends too soon for a cut of its own
        ((5, 30, 2, 10, 3), (35, 47, 50)),
        ((5, 90, 3), (40, 80, 95, 98)),
    ],
)
def test_cuts_come_after_media_and_every_so_many_tokens(lengths: tuple[int, ...], cuts: tuple[int, ...]) -> None:
    assert read(inputs(*lengths)).cuts == cuts


@given(
    st.lists(st.integers(1, 70), min_size=1, max_size=6),
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 50)), max_size=3),
)
def test_pieces_are_the_whole_in_order_and_cut_through_no_group(
    lengths: list[int], chunk: int, groups: list[tuple[int, int]]
) -> None:
    given_inputs = inputs(*lengths)
    tied = torch.full_like(given_inputs.ids, -1)
    for number, (start, length) in enumerate(groups):
        tied[0, start : start + length] = number
    prompt = read(given_inputs, chunk=chunk, groups=tied)
    assert prompt.cuts[-1] == len(prompt) == sum(lengths)
    assert all(before < after for before, after in pairwise((0, *prompt.cuts)))
    numbers = tied[0].tolist()
    assert all(numbers[cut] < 0 or numbers[cut - 1] != numbers[cut] for cut in prompt.cuts[:-1])
    if not groups:
        assert all(after - before <= chunk for before, after in pairwise((0, *prompt.cuts)))
    rows = {number: torch.rand(length, 4) for number, length in enumerate(lengths[1::2])}
    pieces = [prompt.piece(start, stop, rows) for start, stop in prompt.pieces(0)]
    assert torch.equal(torch.cat([piece.ids for piece in pieces], dim=1), given_inputs.ids)
    assert torch.equal(torch.cat([piece.positions for piece in pieces], dim=1), given_inputs.positions)
    if rows:
        found = [each for piece in pieces for batch in piece.media for each in batch.rows]
        assert torch.equal(torch.cat(found), torch.cat(list(rows.values())))
    for piece in pieces:
        for batch, place in zip(piece.media, piece.places, strict=True):
            assert [len(each) for each in batch.rows] == [span.length for span in batch.spans]
            assert int(place.sum()) == sum(span.length for span in batch.spans)


def test_one_token_may_stand_for_all_rows() -> None:
    prompt = read(inputs(50, 1, 9))
    piece = prompt.piece(40, 51, {0: torch.rand(6, 4)})
    assert (piece.media[0].spans, len(piece.media[0].rows[0])) == ((Span(0, 1),), 6)


def shared(one: Prompt, other: Prompt) -> int:
    """How many first tokens have the same key."""
    return max((cut for key, cut in zip(one.keys, one.cuts, strict=True) if key in other.keys), default=0)


BASE = read(inputs(50, 30, 20))


@pytest.mark.parametrize(
    ("other", "tokens"),
    [
        (read(inputs(50, 30, 20)), 100),
        (read(inputs(50, 30, 25)), 80),
        (read(inputs(50, 30, 20, pixel=1)), 40),  # another picture
        (read(inputs(50, 30, 20, width=4)), 40),  # of another shape
        (read(inputs(50, 30, 20), salt="other"), 0),
        (read(replace(inputs(50, 30, 20), positions=torch.arange(1, 101).unsqueeze(0))), 0),
    ],
    ids=["same", "words", "picture", "shape", "salt", "positions"],
)
def test_keys_cover_all_that_changes_the_answer(other: Prompt, tokens: int) -> None:
    assert shared(BASE, other) == shared(other, BASE) == tokens


def media(**change: Any) -> ModelInputs:
    whole = inputs(4, 4, 4)
    batch = replace(whole.media[0], times=(torch.zeros(2),), sizes=((3, 2),))
    return replace(whole, media=(replace(batch, **change),))


@pytest.mark.parametrize(
    "change",
    [
        {"modality": "video"},
        {"times": (torch.ones(2),)},
        {"sizes": ((2, 3),)},
        {"features": (torch.zeros(3, 3, 2, dtype=torch.int8),)},
    ],
    ids=str,
)
def test_digests_cover_all_that_rows_depend_on(change: dict[str, Any]) -> None:
    assert read(media()).shown[0].digest == read(media()).shown[0].digest != read(media(**change)).shown[0].digest


def test_what_two_texts_have_in_common() -> None:
    shown = [(each.places[0], each.digest) for each in BASE.shown]
    ids = list(BASE.ids)
    assert BASE.common(ids, shown) == 99  # the last one's scores are wanted
    assert BASE.common(ids[:60], shown) == 60
    assert BASE.common([*ids[:90], 5, 5], shown) == 90
    assert BASE.common(ids, []) == BASE.common(ids, [(50, b"other")]) == 50
    assert BASE.common(ids, [*shown, (20, b"more")]) == 20
    tied = torch.full((1, 100), -1)
    tied[0, 30:60] = 0
    assert read(inputs(50, 30, 20), groups=tied).common(ids[:45], shown) == 30


def test_a_medium_alone_has_no_tokens() -> None:
    whole = inputs(4, 4, 1, 5, 4)
    alone = read(whole).medium(1)
    assert alone.ids.shape == (1, 0)
    assert torch.equal(alone.media[0].features[0], whole.media[0].features[1])
    assert (alone.media[0].spans, alone.media[0].rows) == ((Span(0, 5),), ())
