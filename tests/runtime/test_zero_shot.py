"""Chances of names: sentences are averaged, and chances add up."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from sensorium.core.errors import UsageError
from sensorium.runtime.zero_shot import TEMPLATES, choose, name_places, softmax


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """How often each of some letters stands in a text."""
    counts = np.array([[1 + text.count(letter) for letter in "abc"] for text in texts], np.float32)
    return np.asarray(counts / np.linalg.norm(counts, axis=1, keepdims=True))


def test_a_name_lies_in_the_middle_of_its_sentences() -> None:
    (found,) = name_places(["cab"], embed, "image", ["{}", "{} b", "bb {}"])
    middle = embed(["cab", "cab b", "bb cab"]).mean(axis=0)
    np.testing.assert_allclose(found, middle / np.linalg.norm(middle), rtol=1e-6)


def test_every_modality_has_its_own_sentences() -> None:
    assert all(each.count("{}") == 1 for sentences in TEMPLATES.values() for each in sentences)
    assert not np.array_equal(name_places(["a"], embed, "audio"), name_places(["a"], embed, "image"))


def test_chances_add_up_and_grow_with_sharpness() -> None:
    place = embed(["aaa"])[0]
    found = [choose(place, ["a", "b", "c"], embed, "image", sharpness=sharpness) for sharpness in (1.0, 50.0)]
    assert [each.sum() for each in found] == pytest.approx([1.0, 1.0], abs=1e-12)
    assert found[0].argmax() == found[1].argmax() == 0
    assert found[1][0] > found[0][0]


def test_large_scores_do_not_overflow() -> None:
    assert softmax(np.array([1e4, 0.0], np.float32)).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("names", "templates", "message"),
    [
        ([], None, "as names to choose from"),
        ("cat", None, "as names to choose from"),
        (["a", " "], None, "none empty"),
        (["a"], ["no place"], "the template 'no place'; expected one"),
        (["a"], [], "the template None"),
    ],
)
def test_what_cannot_be_chosen_from(names: Sequence[str], templates: Sequence[str] | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        name_places(names, embed, "image", templates)
