"""A plan as text: parts in columns, then sums."""

from sensorium.cli.train_plan import lines
from sensorium.training.freezing import Part
from sensorium.training.plan import Epoch, Plan


def test_lines() -> None:
    plan = Plan(
        parts=(Part("language.blocks", 3_000_000, 0), Part("connector", 1_000_000, 1_000_000)),
        kept=12_345_678,
        peak=2_500_000_000,
        tokens=1000,
        samples=8,
        seconds=1.8,
        steps=2000,
        epochs={"mine": Epoch(500, 40_000)},
    )
    assert lines(plan) == [
        "part                 parameters  learnt",
        "language.blocks       3,000,000      0%",
        "connector             1,000,000    100%",
        "all                   4,000,000     25%",
        "memory: 12.3 MB of weights, gradients and optimisers; 2.50 GB at the most so far",
        "a step: 8 samples, 1,000 tokens, 1.80 s",
        "the run: 2,000 steps, 2,000,000 tokens, 1.00 h",
        "an epoch of mine: 500 records, about 40,000 tokens",
    ]
