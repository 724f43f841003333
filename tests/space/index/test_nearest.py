"""The largest of many numbers, and how many lists are looked into."""

import numpy as np
import pytest

from sensorium.space.index.nearest import from_data, sample_size, top, train

pytest.importorskip("faiss")


def test_top_is_in_order() -> None:
    scores = np.array([0.1, 0.9, 0.5, 0.7], np.float32)
    assert top(scores, 2).tolist() == [1, 3]
    assert top(scores, 9).tolist() == [1, 3, 2, 0]
    assert top(scores[:0], 3).tolist() == []


def test_a_sample_is_never_larger_than_all() -> None:
    assert sample_size(10) == 10
    assert sample_size(1_000_000) == 4000 * 48


def test_lists_survive_being_written() -> None:
    rows = np.random.default_rng(0).standard_normal((500, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ids = np.arange(500) + 7
    made = train(500, (ids, rows), [(ids[:200], rows[:200]), (ids[200:], rows[200:])])
    again = from_data(made.data(), made.trained, made.recall)
    assert again.recall == made.recall == pytest.approx(0.99, abs=0.02)
    assert again.search(rows[3], 5).tolist() == made.search(rows[3], 5).tolist()
    assert again.search(rows[3], 5)[0] == 10
    assert again.search(rows[3], 2, np.array([11, 12])).tolist() in ([11, 12], [12, 11], [11], [12], [])
