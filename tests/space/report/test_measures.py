"""Figures of small clouds against what can be worked out by hand."""

import math

import numpy as np
import pytest

from sensorium.space.report.measures import (
    alignment,
    best_sharpness,
    calibration_error,
    chance_recall,
    gap,
    halves,
    kernel_alignment,
    recall,
    uniformity,
)

AXES = np.eye(4, dtype=np.float32)


def test_recall_counts_queries_with_something_of_theirs_near() -> None:
    gallery = AXES[[1, 0, 2, 3]]
    belongs = np.eye(4, dtype=bool)
    queries = np.array([[0.9, 0.4, 0, 0], [0.9, 0.4, 0, 0], [0, 0, 1, 0], [0, 0, 0.5, 0.4]], np.float32)
    assert recall(queries, gallery, belongs, (1, 2, 4)) == {1: 0.5, 2: 1.0, 4: 1.0}


def test_queries_without_anything_of_theirs_do_not_count() -> None:
    belongs = np.array([[True, False], [False, False]])
    assert recall(AXES[:2, :2], AXES[:2, :2], belongs, (1,)) == {1: 1.0}


def test_chance_is_one_minus_that_all_are_missed() -> None:
    belongs = np.zeros((3, 10), bool)
    belongs[0, :2] = belongs[1, 4] = True
    found = chance_recall(belongs, (1, 5, 20))
    two = 1 - math.comb(8, 5) / math.comb(10, 5)
    assert found == pytest.approx({1: (0.2 + 0.1) / 2, 5: (two + 0.5) / 2, 20: 1.0})


def test_clouds() -> None:
    assert alignment(AXES, AXES) == 0.0
    assert alignment(AXES[:2], AXES[2:]) == pytest.approx(2.0)
    assert gap(AXES[:1], AXES[1:2]) == pytest.approx(math.sqrt(2))
    assert uniformity(np.repeat(AXES[:1], 3, axis=0)) == pytest.approx(0.0, abs=1e-6)
    assert uniformity(AXES) == pytest.approx(-4.0)  # all are sqrt(2) apart


def test_kernels_are_the_same_under_rotation_and_scale_and_of_noise_are_not() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((200, 5)).astype(np.float32)
    turn, _ = np.linalg.qr(rng.standard_normal((5, 5)))
    assert kernel_alignment(rows, (3 * rows @ turn).astype(np.float32)) == pytest.approx(1.0, abs=1e-5)
    assert kernel_alignment(rows, rng.standard_normal((200, 5)).astype(np.float32)) < 0.1
    assert kernel_alignment(rows, np.ones((200, 5), np.float32)) == 0.0


def test_calibration_is_the_distance_of_sure_and_right() -> None:
    chances = np.array([[0.75, 0.25]] * 4)
    assert calibration_error(chances, np.array([0, 0, 0, 1])) == pytest.approx(0.0)
    assert calibration_error(chances, np.array([1, 1, 1, 1])) == pytest.approx(0.75)


def test_the_sharpness_that_made_the_truths_is_found() -> None:
    rng = np.random.default_rng(0)
    cosines = rng.uniform(-1, 1, (4000, 5))
    scores = 6.0 * cosines
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    truths = np.array([rng.choice(5, p=row) for row in chances])
    assert best_sharpness(cosines, truths) == pytest.approx(6.0, rel=0.1)


def test_halves_share_nothing_and_mix_classes_that_come_in_turn() -> None:
    fit, test = halves(40)
    assert sorted([*fit, *test]) == list(range(40))
    assert {each % 2 for each in fit.tolist()} == {each % 2 for each in test.tolist()} == {0, 1}
