"""`demo`: every sample with its question, its answer and whether that is right."""

from collections.abc import Callable
from typing import Any

from sensorium.models.samples import bundled_samples

Run = Callable[..., Any]
Place = Callable[..., Any]


def test_every_sample_is_asked_about(run: Run, tiny: str) -> None:
    done = run("demo", "--model", tiny)
    samples = bundled_samples()
    assert done.code == 0
    for sample in samples:
        assert f"    question  {sample.question}\n" in done.out
    assert done.out.count("wrong, it is: ") == len(samples)
    assert f"\n0 of {len(samples)} right" in done.out


def test_right_answers_are_counted(run: Run, scripted: Place) -> None:
    scripted("Ankle boot.", confidence=0.934)
    done = run("demo")
    assert "answer    Ankle boot.   (93 % sure, 0.50 s, right)" in done.out
    assert "\n1 of " in done.out
