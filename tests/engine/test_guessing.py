"""Guesses of what comes next: they change no bit of an answer, and only how many steps it takes."""

from dataclasses import replace
from typing import cast

import pytest
from tests.engine.asking import SMALL, Rowwise, Watched, eight, is_at_rest, prompt, run

from sensorium.core.errors import EngineError
from sensorium.engine.engine import Engine
from sensorium.engine.guessing import REST, Draft, Lookup, Pace
from sensorium.engine.request import Request
from sensorium.engine.sampling import Sampling
from sensorium.models.answerer import Answerer
from sensorium.models.early import EarlyFusion

PLAIN = replace(SMALL, guesses=0)


def asked(model: Answerer) -> list[Request]:
    """Answers that repeat themselves, as those of random models do, greedy and drawn."""
    samplings = [Sampling(40), Sampling(40, temperature=0.3, seed=1, repetition_penalty=1.1), Sampling(21, seed=2)]
    return [Request(prompt(model, "one two three one two three one"), each) for each in samplings]


def test_a_single_stream_says_the_same_in_fewer_steps(model: Answerer, network: Watched) -> None:
    rowwise = Rowwise(network._network)
    model = replace(model, network=cast("EarlyFusion", rowwise))
    plain = [run(Engine(model, PLAIN), [request]) for request in asked(model)]
    steps = len(rowwise.decoded)
    rowwise.decoded.clear()
    for request, expected in zip(asked(model), plain, strict=True):
        engine = Engine(model, SMALL)
        assert run(engine, [request]) == expected  # log-probabilities too
        assert is_at_rest(engine)
    assert len(rowwise.decoded) < steps


def test_kernels_check_guesses_to_the_last_bit(model: Answerer, wide: Watched) -> None:
    model = replace(model, network=cast("EarlyFusion", wide))
    for requests in ([asked(model)[0]], asked(model), eight(model)):
        plain = run(Engine(model, PLAIN), requests)
        wide.decoded.clear()
        engine = Engine(model, SMALL)
        assert run(engine, requests) == plain
        assert max(wide.decoded) > len(requests) or len(requests) > 4
        assert is_at_rest(engine)


def test_a_draft_guesses_and_only_a_good_one_saves_steps(model: Answerer, network: Watched) -> None:
    rowwise = Rowwise(network._network)
    model = replace(model, network=cast("EarlyFusion", rowwise))
    request = Request(prompt(model, "How many?"), Sampling(30))
    plain = run(Engine(model, PLAIN), [request])
    steps = len(rowwise.decoded)
    rowwise.decoded.clear()
    assert run(Engine(model, SMALL, draft=network._network), [request]) == plain
    assert len(rowwise.decoded) < steps / 3  # it is the model itself: always right
    other = Watched(network._network)
    other.fails = lambda _: True  # its scores are no numbers: what it guesses is nonsense
    assert run(Engine(model, SMALL, draft=other), [request]) == plain
    other.error = RuntimeError("odd")
    with pytest.raises(EngineError, match="odd"):
        list(Engine(model, SMALL, draft=other).submit(request))


def test_padded_rows_are_checked_only_where_last_bits_may_differ(model: Answerer, network: Watched) -> None:
    (request,) = asked(model)[:1]
    plain = run(Engine(model, PLAIN), [request])
    network.decoded.clear()
    assert run(Engine(model, SMALL), [request]) == plain
    assert sum(rows > 1 for rows in network.decoded) == 1  # tried once
    network.decoded.clear()
    loose = run(Engine(model, replace(SMALL, exact=False)), [request])
    assert [event.id for event in loose[0]] == [event.id for event in plain[0]]
    assert sum(rows > 1 for rows in network.decoded) > 1


def test_what_came_before_is_looked_up() -> None:
    lookup = Lookup()
    assert lookup.guess([5, 6, 7, 8], 3) == []
    assert lookup.guess([5, 6, 7, 8, 5, 6], 2) == [7, 8]
    assert lookup.guess([5, 6, 7, 8, 5, 6, 9, 5, 6], 2) == [9, 5]  # the last time
    assert lookup.guess([5, 6, 7, 8, 5, 6, 9, 5, 6, 7], 2) == [8, 5]  # three in a row count for more
    assert Lookup().guess([1, 1, 1], 4) == [1, 1, 1, 1]
    assert Lookup().guess([1], 4) == []


def test_a_draft_follows_what_was_said_instead(model: Answerer, network: Watched) -> None:
    ids = [int(each) for each in prompt(model, "How many?").ids[0]]
    draft = Draft(network, room=len(ids) + 8)
    said = draft.guess(ids, 3)
    network.prefilled.clear()
    assert draft.guess([*ids, said[0]], 2) == said[1:]
    other = [*ids, (said[0] + 1) % 200]
    assert draft.guess(other, 3) == Draft(network, room=len(ids) + 8).guess(other, 3)
    assert network.prefilled == [1, 1, len(other)]


def test_wrong_guesses_are_followed_by_a_rest() -> None:
    pace = Pace(7)
    assert pace.next() == 2
    pace.judge(2, 2)
    assert pace.next() == 4
    pace.judge(4, 1)
    assert pace.next() == 4
    pace.judge(4, 4)
    assert pace.next() == 7
    pace.judge(7, 0)
    assert [pace.next() for _ in range(REST + 1)] == [*[0] * REST, 2]
    pace.judge(0, 0)
    assert pace.next() == 2
