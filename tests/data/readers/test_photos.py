"""Photographs and charts: shrunk, answered as their authors did, held out, nothing that may not train."""

import json
from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import UnreadableMedia
from sensorium.data.readers.photos import MOST_PIXELS, Photos
from sensorium.data.sample import Sample
from sensorium.media.types import Image


@pytest.fixture(scope="module")
def photos(sets: Path) -> Photos:
    return Photos(sets / "photos", sets / "charts")


def _pixels(sample: Sample) -> np.ndarray:
    (image,) = sample.media
    assert isinstance(image, Image)
    return image.pixels


def test_the_sixth_with_a_question_is_held_out(photos: Photos) -> None:
    assert photos.validation_size == 1
    turn = photos.validation(0).turns[0]
    assert (turn.question, turn.answer) == ("Which number is it, 5?", "5")
    answers = {turn.answer for seed in range(150) for turn in photos.train(np.random.default_rng(seed)).turns}
    assert {"0", "1", "2", "3", "4"} <= answers
    assert not answers & {"5", "picture 5", "secret", "other"}


def test_pictures_are_small_and_keep_their_shape(photos: Photos) -> None:
    height, width, _ = _pixels(photos.validation(0)).shape
    assert height * width <= MOST_PIXELS
    assert width / height == pytest.approx(4 / 3, rel=0.02)


def test_charts_are_named_in_both_languages(photos: Photos) -> None:
    turns = [turn for seed in range(150) for turn in photos.train(np.random.default_rng(seed)).turns]
    assert {turn.answer for turn in turns if turn.kind == "name"} == {"bar chart", "柱状图"}


def test_captions_go_with_their_pictures(photos: Photos) -> None:
    for seed in range(60):
        sample = photos.train(np.random.default_rng(seed))
        captions = {turn.answer for turn in sample.turns if turn.kind == "caption"}
        answers = {turn.answer for turn in sample.turns if turn.kind == "question"}
        assert captions <= {f"picture {answer}" for answer in answers}


def test_too_few_pictures_are_an_error(sets: Path, tmp_path: Path) -> None:
    (tmp_path / "captions.jsonl").write_text(json.dumps({"train_ok": False}))
    with pytest.raises(UnreadableMedia, match="1 pictures that may train; at least 6 with questions are needed"):
        Photos(tmp_path, sets / "charts").validation(0)
