"""Many faults stay readable, and all are counted."""

import pytest

from sensorium.weights.faults import few, summary


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ([], ""),
        (["b is missing", "a is missing", "b is missing"], "a is missing; b is missing"),
        ([f"h.{i}.w is missing" for i in range(3)], "h.0.w is missing; h.1.w is missing; h.2.w is missing"),
        ([f"h.{i}.w is missing" for i in range(12)], "h.{0-11}.w is missing"),
        ([f"h.{i}.w is missing" for i in (0, 1, 2, 5, 7, 8)], "h.{0-2,5,7-8}.w is missing"),
        ([f"h.{i}.w is missing (for b.{i}.v)" for i in range(4)], "h.{0-3}.w is missing (for b.{0-3}.v)"),
        ([f"h.{i}.e.{i + 1}.w" for i in range(4)], "h.0.e.1.w; h.1.e.2.w; h.2.e.3.w; h.3.e.4.w"),
        ([f"h.{i}.w has shape [{i}, 4]" for i in (1, 2)], "h.1.w has shape [1, 4]; h.2.w has shape [2, 4]"),
    ],
)
def test_layers_are_put_together(faults: list[str], expected: str) -> None:
    assert summary(faults) == expected


def test_only_the_first_are_told_and_the_others_counted() -> None:
    assert few(["a", "b", "c", "d"]) == "a, b, c, d"
    assert few(["a", "b", "c", "d", "e", "f"]) == "a, b, c, d and 2 more"
    assert summary(f"{each} is missing" for each in "fedcba") == (
        "a is missing; b is missing; c is missing; d is missing and 2 more"
    )


def test_a_name_of_any_length_is_cut() -> None:
    assert len(summary(f"{i}{'x' * 10_000}" for i in range(9))) < 700
