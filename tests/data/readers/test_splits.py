"""The split: disjoint, complete, balanced in any first part, and clear about sets that are too small."""

import numpy as np
import pytest

from sensorium.core.errors import UnreadableMedia, UsageError
from sensorium.data.readers.splits import checked, split_last, split_where

LABELS = np.array([0, 1, 0, 1, 0, 1, 0, 1, 0, 0])


def test_the_last_of_each_class_are_held_out() -> None:
    split = split_last(LABELS, 2, 0.5, "set")
    assert [items.tolist() for items in split.train] == [[0, 2, 4], [1, 3]]
    assert [items.tolist() for items in split.held_out] == [[6, 8, 9], [5, 7]]


def test_fair_order_takes_one_of_each_class_in_turn() -> None:
    assert split_last(LABELS, 2, 0.5, "set").fair_order.tolist() == [6, 5, 8, 7, 9]


def test_draws_are_even_over_classes_and_stay_on_their_side() -> None:
    split = split_last(LABELS, 2, 0.5, "set")
    rng = np.random.default_rng(0)
    drawn = [split.draw(rng) for _ in range(1000)]
    assert {item for item, _ in drawn} == {0, 2, 4, 1, 3}
    assert all(LABELS[item] == label for item, label in drawn)
    assert 0.45 < np.mean([label for _, label in drawn]) < 0.55
    assert {split.draw_of(rng, 1, validation=True) for _ in range(50)} == {5, 7}


def test_a_mark_may_say_what_is_held_out() -> None:
    split = split_where(LABELS, np.arange(10) >= 7, 2, "set")
    assert [items.tolist() for items in split.held_out] == [[8, 9], [7]]
    assert [items.tolist() for items in split.train] == [[0, 2, 4, 6], [1, 3, 5]]


@pytest.mark.parametrize("classes", [2, 3])
def test_a_class_without_items_is_an_error(classes: int) -> None:
    with pytest.raises(UnreadableMedia, match=r"set: a class has 0 items; .* Fetch the set again"):
        split_where(LABELS, np.arange(10) > 8, classes, "set")


def test_a_class_of_one_cannot_be_split() -> None:
    with pytest.raises(UnreadableMedia, match="set: a class has 1 items; training and validation need 2"):
        split_last(np.array([0, 0, 1]), 2, 0.5, "set")


def test_validation_numbers_are_checked() -> None:
    assert checked(4, 5, "set") == 4
    with pytest.raises(UsageError, match=r"set: validation sample 5; there are 5. Ask for one of 0 to 4."):
        checked(5, 5, "set")
