"""Texts to ids: padding on either side, to the longest or to the context, masked or not; small letters."""

import pytest
import torch

from sensorium.core.errors import CheckpointError
from sensorium.models.dual.texts import Texts


def letters(text: str) -> list[int]:
    return [ord(letter) for letter in text]


def texts(*, full: bool = False, left: bool = False, masked: bool = False, lower: bool = False) -> Texts:
    return Texts(letters, pad=0, context=4, vocabulary=1000, full=full, left=left, masked=masked, lower=lower)


def test_short_texts_are_filled_up_to_the_longest() -> None:
    ids, present = texts()(["a", "abc"])
    assert ids.tolist() == [[97, 0, 0], [97, 98, 99]]
    assert present is None


def test_a_mask_says_what_is_padding_if_there_is_any() -> None:
    ids, present = texts(left=True, masked=True)(["a", "abc"])
    assert ids.tolist() == [[0, 0, 97], [97, 98, 99]]
    assert present is not None
    assert present.tolist() == [[False, False, True], [True, True, True]]
    assert texts(masked=True)(["ab", "cd"])[1] is None


def test_all_texts_get_the_full_context_where_they_must() -> None:
    ids, _ = texts(full=True)(["a", ""])
    assert ids.tolist() == [[97, 0, 0, 0], [0, 0, 0, 0]]
    assert ids.dtype == torch.int64


def test_letters_become_small_one_by_one() -> None:
    assert texts(lower=True)(["AΣ"])[0].tolist() == [[97, ord("σ")]]  # not the form at the end of a word
    assert texts()(["A"])[0].tolist() == [[65]]


def test_an_id_that_the_model_does_not_know_is_named() -> None:
    with pytest.raises(CheckpointError, match=r"gives the id 29483, but the model has only 1000\. They do not belong"):
        texts()(["a猫"])
