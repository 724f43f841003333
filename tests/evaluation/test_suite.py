"""Suites asked of a tiny model: what fails is counted apart, whatever it stands beside."""

from collections.abc import Callable
from typing import Any

import pytest

from sensorium.evaluation.report import summarise, table
from sensorium.evaluation.suite import BATCH, answered, baseline, run_suite, spread
from sensorium.runtime.local import LocalModel
from sensorium.runtime.parts import Parts

Make = Callable[..., Any]


def test_samples_are_spread_evenly(squares: Make) -> None:
    assert spread(squares(validation_size=10), 4) == [0, 3, 6, 9]
    assert spread(squares(validation_size=3), 4) == [0, 1, 2]
    assert spread(squares(validation_size=5), 1) == [0]


def test_answers_are_those_of_the_model(tiny_parts: Parts, squares: Make) -> None:
    heard: list[tuple[int, int]] = []
    domain = squares(validation_size=BATCH + 5)
    outcomes = run_suite(tiny_parts, domain, count=99, report=lambda done, of: heard.append((done, of)))
    assert heard == [(BATCH, BATCH + 5), (BATCH + 5, BATCH + 5)]
    assert [outcome.index for outcome in outcomes] == list(range(BATCH + 5))
    assert {outcome.kind for outcome in outcomes} == {"image"}
    sample = domain.validation(3)
    assert outcomes[3].answer == LocalModel(tiny_parts).ask(sample.turns[0].question, *sample.media, max_tokens=64).text
    assert 0.0 < outcomes[3].probability < 1.0


def test_a_failed_question_hurts_only_itself(tiny_parts: Parts, squares: Make) -> None:
    whole = run_suite(tiny_parts, squares(), count=10)
    outcomes = run_suite(tiny_parts, squares(broken=frozenset({3, 4})), count=10)
    assert [outcome.index for outcome in outcomes if outcome.failure is not None] == [3, 4]
    assert outcomes[3].failure is not None
    assert outcomes[3].failure.startswith("broken 3: got pixels uint8")
    kept = [outcome for outcome in whole if outcome.index not in (3, 4)]
    assert [(one.index, one.answer) for one in answered(outcomes)] == [(one.index, one.answer) for one in kept]


def test_the_failed_are_in_no_mean(tiny_parts: Parts, squares: Make) -> None:
    domain = squares(broken=frozenset({0, 1}))
    outcomes = run_suite(tiny_parts, domain, count=10)
    result = summarise("squares", outcomes, baseline(domain, outcomes))
    assert (result.count, result.failed) == (8, 2)
    assert {kind: count for kind, (_, count) in result.kinds.items()} == {"colour": 4, "count": 4}
    assert result.failure is not None
    assert "broken 0" in result.failure
    # "red" is right at 4 and 8, of 2, 4, 6, 8; "3" at all odd ones
    assert result.baseline == pytest.approx(6 / 8)


def test_a_suite_that_failed_has_no_score(tiny_parts: Parts, squares: Make) -> None:
    domain = squares(validation_size=2, broken=frozenset({0, 1}))
    outcomes = run_suite(tiny_parts, domain, count=2)
    result = summarise("squares", outcomes, baseline(domain, outcomes))
    assert (result.score, result.low, result.baseline, result.count, result.failed) == (None, None, None, 0, 2)
    assert "| squares | ? | ? to ? | ? | 0 | 2 |" in table([result])


def test_numbers_are_those_of_the_outcomes(outcome: Make) -> None:
    outcomes = [outcome(0.5, True), outcome(0.5, True), outcome(0.5, False), outcome(0.5, True)]
    result = summarise("squares", outcomes, 0.25)
    assert (result.score, result.low, result.high) == (0.75, 0.3006, 0.9544)
    assert result.kinds == {"colour": (0.75, 4)}
    assert result.failure is None
    assert "| squares | 0.750 | 0.301 to 0.954 | 0.250 | 4 | 0 |" in table([result])
