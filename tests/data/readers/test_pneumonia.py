"""X-rays: the set's own validation part never trains, answers are the labels, both are drawn evenly."""

from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import UnreadableMedia
from sensorium.data.readers import pneumonia
from sensorium.data.readers.pneumonia import FINDINGS, PneumoniaMnist
from sensorium.data.sample import Sample
from sensorium.media.types import Image


@pytest.fixture
def xrays(sets: Path, monkeypatch: pytest.MonkeyPatch) -> PneumoniaMnist:
    monkeypatch.setattr(pneumonia, "_vary", lambda pixels, rng: pixels)
    return PneumoniaMnist(sets / "pneumoniamnist")


def _value(sample: Sample) -> int:
    (image,) = sample.media
    assert isinstance(image, Image)
    return int(image.pixels[0, 0, 0])


def test_training_shows_both_findings_evenly(xrays: PneumoniaMnist) -> None:
    samples = [xrays.train(np.random.default_rng(seed)) for seed in range(300)]
    values = [_value(sample) for sample in samples]
    assert set(values) == {10, 11, 12, 50, 51, 52, 53, 54, 55, 56}
    assert 0.42 < np.mean(np.array(values) >= 50) < 0.58


def test_answers_are_the_labels(xrays: PneumoniaMnist) -> None:
    for seed in range(300):
        sample = xrays.train(np.random.default_rng(seed))
        ill = _value(sample) >= 50
        for turn in sample.turns:
            if turn.kind == "finding" and turn.answer in ("yes", "no", "有", "没有", "是", "不是"):
                normal = any(word in turn.question.lower() for word in ("normal", "health", "正常"))
                assert (turn.answer in ("yes", "有", "是")) == (ill != normal)
            elif turn.kind == "finding":
                assert turn.answer == FINDINGS[ill][turn.language]
            elif turn.kind == "name":
                assert turn.answer in ("chest X-ray", "胸部X光片")


def test_validation_is_the_part_kept_by_the_set(xrays: PneumoniaMnist) -> None:
    samples = [xrays.validation(index) for index in range(xrays.validation_size)]
    assert [_value(sample) for sample in samples] == [13, 57]
    assert [sample.turns[0].answer for sample in samples] == ["no", "yes"]
    assert samples[0].turns[0].question == "Does this X-ray show pneumonia?"


@pytest.mark.parametrize("content", [b"", b"not an archive"])
def test_a_broken_file_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pneumoniamnist-train-val.npz").write_bytes(content)
    with pytest.raises(UnreadableMedia, match="expected train_images, train_labels, val_images, val_labels"):
        PneumoniaMnist(tmp_path).validation(0)


def test_a_part_that_is_missing_is_an_error(tmp_path: Path) -> None:
    np.savez(tmp_path / "pneumoniamnist-train-val.npz", train_images=np.zeros(3))
    with pytest.raises(UnreadableMedia, match="expected train_images, train_labels, val_images, val_labels"):
        PneumoniaMnist(tmp_path).validation(0)
