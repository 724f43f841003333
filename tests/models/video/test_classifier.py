"""What users get: rows and names of a film; names of classes in a config; other media and counts are refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from sensorium.core.errors import CheckpointError, UnreadableMedia, UnsupportedMedia, UsageError
from sensorium.media.types import AudioClip, Image, VideoClip
from sensorium.models.pooling import MeanRow
from sensorium.models.video.classifier import VideoModel, read_labels
from sensorium.models.video.network import ClassHead, VideoNetwork


class Colours(nn.Module):
    """A frame's mean colour is its row."""

    def forward(self, frames: Tensor) -> Tensor:
        return frames.mean(dim=(-2, -1))


def prepare(clip: VideoClip) -> Any:
    return clip.frames.transpose(0, 3, 1, 2).astype(np.float32) / 255


def model() -> VideoModel:
    classifier = nn.Linear(3, 3)
    with torch.no_grad():
        classifier.weight.copy_(torch.eye(3) * 5)
        classifier.bias.zero_()
    network = VideoNetwork(encoder=Colours(), head=ClassHead(pool=MeanRow(), classifier=classifier))
    return VideoModel(network, prepare=prepare, labels=("red", "green", "blue"), name="colours")


def film(*colours: tuple[int, int, int]) -> VideoClip:
    frames = np.broadcast_to(np.array(colours, np.uint8)[:, None, None], (len(colours), 4, 5, 3))
    times = np.arange(len(colours), dtype=np.float64)
    return VideoClip(np.ascontiguousarray(frames), times, float(len(colours)), source="film.mp4")


def test_the_most_probable_classes_come_first() -> None:
    found = model().classify(film((255, 0, 51), (255, 0, 51)), top=2)
    assert [label for label, _ in found] == ["red", "blue"]
    weights = np.exp([5.0, 0.0, 1.0])
    assert [chance for _, chance in found] == pytest.approx((weights / weights.sum())[[0, 2]], abs=1e-6)


def test_there_are_no_more_than_there_are() -> None:
    found = model().classify(film((0, 255, 0)))
    assert len(found) == 3
    assert sum(chance for _, chance in found) == pytest.approx(1)


def test_rows_of_a_film() -> None:
    rows = model().rows(film((255, 0, 0), (0, 255, 0)))
    assert rows.tolist() == [[1, 0, 0], [0, 1, 0]]


def test_other_media_are_refused() -> None:
    picture, sound = Image(np.zeros((4, 4, 3), np.uint8), source="a.png"), AudioClip(np.zeros(9, np.float32), "b.wav")
    with pytest.raises(UnsupportedMedia, match=r"a\.png: this model takes video, not image\. Give a film"):
        model().classify(picture)
    with pytest.raises(UnsupportedMedia, match=r"b\.wav: this model takes video, not audio"):
        model().rows(sound)


def test_no_class_is_too_few() -> None:
    with pytest.raises(UsageError, match="Got top=0; expected at least 1"):
        model().classify(film((0, 0, 0)), top=0)


def test_names_of_classes_are_ordered_by_number() -> None:
    names = {str(index): f"name {index}" for index in reversed(range(12))}
    assert read_labels({"id2label": names}, where="x") == tuple(f"name {index}" for index in range(12))
    assert read_labels({}, where="x") == ("LABEL_0", "LABEL_1")
    assert read_labels({"num_labels": 3, "id2label": None}, where="x") == ("LABEL_0", "LABEL_1", "LABEL_2")


@pytest.mark.parametrize(
    "data", [{"id2label": {"1": "a", "2": "b"}}, {"id2label": {}}, {"id2label": ["a"]}, {"num_labels": "3"}]
)
def test_names_that_are_not_numbered_are_refused(data: dict[str, object]) -> None:
    with pytest.raises(CheckpointError, match=r"x\.json: id2label has \d names that are not numbered from 0"):
        read_labels(data, where="x.json")


@pytest.mark.parametrize("family", ["videomae", "timesformer"])
def test_a_film_is_named_as_by_the_reference(tmp_path: Path, family: str) -> None:
    module = pytest.importorskip("transformers.models.videomae.image_processing_pil_videomae")
    from tests.models.video.reference import LABELS, film, saved, theirs

    from sensorium.models.timesformer.load import load as load_timesformer
    from sensorium.models.videomae.load import load as load_videomae

    kind = "VideoMAEForVideoClassification" if family == "videomae" else "TimesformerForVideoClassification"
    reference = theirs(kind)
    saved(reference, tmp_path)
    made = load_videomae(tmp_path) if family == "videomae" else load_timesformer(tmp_path)
    count = reference.config.num_frames
    clip = film(2 * count - 1)
    processor = module.VideoMAEImageProcessorPil(**json.loads((tmp_path / "preprocessor_config.json").read_text()))
    pixels = processor(list(clip.frames[::2]), return_tensors="pt")["pixel_values"]
    with torch.no_grad():
        chances = reference(pixels).logits.softmax(dim=-1)[0]
    found = made.classify(clip, top=3)
    best = chances.topk(3)
    assert [label for label, _ in found] == [LABELS[index] for index in best.indices]
    assert [chance for _, chance in found] == pytest.approx(best.values.tolist(), abs=1e-4)
    empty = VideoClip(clip.frames[:0], clip.times[:0], 0.0, source="none.mp4")
    with pytest.raises(UnreadableMedia, match=r"none\.mp4"):
        made.rows(empty)
