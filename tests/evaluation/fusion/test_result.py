"""Means and intervals over seeds; and results as they are stored."""

import json

import pytest

from sensorium.core.config import from_dict, to_dict
from sensorium.core.statistics import interval
from sensorium.evaluation.fusion.result import Measured, Point, Run, Tally, over_seeds

RUN = Run("gated", 1, 1000, 31.5, 4.25, {"whole": Measured({"either": Tally(3, 4)}, {"image": 0.5})}, ())


def test_seeds_that_differ_widen_the_interval() -> None:
    alike = over_seeds([Tally(80, 100)] * 3)
    apart = over_seeds([Tally(60, 100), Tally(80, 100), Tally(100, 100)])
    assert alike.mean == pytest.approx(0.8)
    assert apart.mean == pytest.approx(0.8)
    assert apart.low < alike.low < 0.8 < alike.high < apart.high
    assert str(alike).startswith("0.80 (0.7")


def test_an_interval_is_never_narrower_than_wilsons() -> None:
    for tallies in ([Tally(100, 100)] * 3, [Tally(0, 40)], [Tally(7, 10)]):
        found = over_seeds(tallies)
        right, asked = sum(each.right for each in tallies), sum(each.asked for each in tallies)
        low, high = interval([1.0] * right + [0.0] * (asked - right))
        assert found.low <= low
        assert found.high >= high


def test_a_run_is_stored_and_read() -> None:
    made = to_dict(RUN) | {"curve": [to_dict(Point(1, {"either": 2.0}, {"either": 0.5}))]}
    found = from_dict(Run, json.loads(json.dumps(made)), where="run")
    assert found.conditions == RUN.conditions
    assert found.curve == (Point(1, {"either": 2.0}, {"either": 0.5}),)
