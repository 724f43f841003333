"""The token loop against a scripted model: stopping, lengths, rows that end at different times, failures."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from sensorium.core.errors import EngineError
from sensorium.engine.generate import TokenEvent, generate
from sensorium.engine.sampling import Sampling
from sensorium.inputs.carrier import ModelInputs

STOP = 3
Says = Callable[..., Any]
MakeScript = Callable[..., Any]


def prompts(batch: int, length: int = 2, padded: int = 0) -> ModelInputs:
    """Prompts of equal length, the first with padding."""
    present = torch.ones(batch, length, dtype=torch.bool)
    present[0, :padded] = False
    return ModelInputs(
        ids=torch.ones(batch, length, dtype=torch.int64),
        positions=(present.cumsum(dim=1) - 1).clamp(min=0),
        present=present if padded else None,
        media=(),
        places=(),
    )


def told(steps: list[list[TokenEvent | None]]) -> list[list[tuple[int, str | None] | None]]:
    return [[(each.id, each.finish) if each else None for each in events] for events in steps]


def test_greedy_until_the_stop_token(script: MakeScript, says: Says) -> None:
    model = script(says("0213"))
    steps = list(generate(model, prompts(1), Sampling(max_tokens=9), stops={STOP}))
    assert told(steps) == [[(0, None)], [(2, None)], [(1, None)], [(3, "stop")]]
    assert [each["ids"].tolist() for each in model.given[1:]] == [[0], [2], [1]]  # the stop token is never fed back
    assert [each["positions"].tolist() for each in model.given[1:]] == [[2], [3], [4]]
    assert model.room == (1, 11)


def test_until_the_length(script: MakeScript, says: Says) -> None:
    model = script(says("0"))
    steps = list(generate(model, prompts(1), Sampling(max_tokens=3), stops={STOP}))
    assert told(steps) == [[(0, None)], [(0, None)], [(0, "length")]]
    assert len(model.given) == 3


def test_a_stop_token_at_the_last_moment_is_a_stop(script: MakeScript, says: Says) -> None:
    steps = list(generate(script(says("03")), prompts(1), Sampling(max_tokens=2), stops={STOP}))
    assert told(steps)[-1] == [(3, "stop")]


def test_rows_that_ended_give_none_until_all_have(script: MakeScript, says: Says) -> None:
    model = script(says("013", "3", "22"))
    steps = list(generate(model, prompts(3), Sampling(max_tokens=4), stops={STOP}))
    assert told(steps) == [
        [(0, None), (3, "stop"), (2, None)],
        [(1, None), None, (2, None)],
        [(3, "stop"), None, (2, None)],
        [None, None, (2, "length")],
    ]


def test_left_padding_is_carried_along(script: MakeScript, says: Says) -> None:
    model = script(says("00", "00"))
    list(generate(model, prompts(2, length=3, padded=1), Sampling(max_tokens=3), stops={STOP}))
    assert [each["present"].int().tolist() for each in model.given[1:]] == [
        [[0, 1, 1, 1], [1, 1, 1, 1]],
        [[0, 1, 1, 1, 1], [1, 1, 1, 1, 1]],
    ]
    assert [each["positions"].tolist() for each in model.given[1:]] == [[2, 3], [3, 4]]


def test_positions_of_several_axes_go_on_behind_the_largest(script: MakeScript, says: Says) -> None:
    """A prompt that ends with a picture: its last row is neither the latest nor the lowest nor the rightmost."""
    model = script(says("000", "000"))
    inputs = prompts(2, length=3)
    rows = torch.tensor([[[0, 0, 0], [1, 1, 4], [1, 2, 1]], [[0, 0, 0], [1, 1, 1], [2, 2, 2]]])
    list(generate(model, replace(inputs, positions=rows), Sampling(max_tokens=3), stops={STOP}))
    assert [each["positions"].tolist() for each in model.given[1:]] == [[[5] * 3, [3] * 3], [[6] * 3, [4] * 3]]


def test_nothing_is_computed_before_or_after_it_is_asked_for(script: MakeScript, says: Says) -> None:
    model = script(says("0000"))
    stream = generate(model, prompts(1), Sampling(max_tokens=4), stops={STOP})
    assert model.given == []
    next(stream)
    assert len(model.given) == 1
    stream.close()  # type: ignore[attr-defined]
    assert len(model.given) == 1


def test_log_probabilities_are_those_of_the_scores(script: MakeScript) -> None:
    scores = [[[1.0, 2.0, 0.5, -1.0]], [[0.0, 0.0, 0.0, 9.0]]]
    (first,), (second,) = generate(script(scores), prompts(1), Sampling(), stops={STOP})
    assert first is not None
    assert second is not None
    assert first.log_prob == pytest.approx(2.0 - math.log(sum(math.exp(each) for each in scores[0][0])), abs=1e-6)
    assert second.log_prob == pytest.approx(-math.log1p(3 * math.exp(-9)), abs=1e-6)


@pytest.mark.parametrize("temperature", [0.0, 5e-324, 1.0, 100.0])
def test_banned_tokens_are_never_chosen(script: MakeScript, temperature: float) -> None:
    model = script([[[9.0, 1.0, 8.0, 0.0]]])
    sampling = Sampling(max_tokens=30, temperature=temperature, seed=1)
    steps = list(generate(model, prompts(1), sampling, stops=(), banned=(0, 2)))
    events = [event for (event,) in steps if event is not None]
    assert {event.id for event in events} <= {1, 3}
    chances = {1: -math.log1p(math.exp(-1)), 3: -math.log1p(math.exp(1))}
    assert all(event.log_prob == pytest.approx(chances[event.id], abs=1e-6) for event in events)  # among the others
    assert model.scores[0].tolist() == [[9.0, 1.0, 8.0, 0.0]]  # the model's own scores are left alone


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("at", [0, 1])
def test_scores_that_are_no_numbers_end_the_request(script: MakeScript, bad: float, at: int) -> None:
    scores = [[[5.0, 0.0, 0.0, 0.0]], [[5.0, 0.0, 0.0, 0.0]]]
    scores[at][0][2] = bad
    stream = generate(script(scores), prompts(1), Sampling(), stops={STOP})
    for _ in range(at):
        next(stream)
    with pytest.raises(EngineError, match="scores are not finite numbers"):
        next(stream)


def test_the_likeliest_are_told_where_asked_for(script: MakeScript) -> None:
    (step,) = generate(script([[[1.0, 2.0, 3.0, 0.0]]]), prompts(1), Sampling(1, top_log_probs=2), stops=(), banned=[2])
    (event,) = step
    assert event is not None
    assert [id_ for id_, _ in event.top] == [1, 0]
    assert event.top[0] == (event.id, event.log_prob)


def drawn(model: Any, seed: int | None, batch: int = 1) -> list[int]:
    sampling = Sampling(max_tokens=20, temperature=1.0, seed=seed)
    steps = generate(model, prompts(batch), sampling, stops=())
    return [event.id for events in steps for event in events if event is not None]


def test_the_same_seed_draws_the_same(script: MakeScript) -> None:
    flat = [[[0.0, 0.1, 0.2, 0.3]]]
    first, again, other = drawn(script(flat), 7), drawn(script(flat), 7), drawn(script(flat), 8)
    assert first == again
    assert first != other
    assert drawn(script(flat), None) != drawn(script(flat), None)


def test_no_seed_touches_the_global_generator(script: MakeScript) -> None:
    before = torch.get_rng_state()
    drawn(script([[[0.0, 0.1, 0.2, 0.3]]]), 7)
    drawn(script([[[0.0, 0.1, 0.2, 0.3]]]), None)
    assert torch.equal(before, torch.get_rng_state())
