"""Clips: eight frames in order, other times in validation, and nothing that may not train."""

import json
from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import UnreadableMedia
from sensorium.data.readers.videos import SIGNS, Videos
from sensorium.data.sample import Sample
from sensorium.media.types import VideoClip


@pytest.fixture(scope="module")
def videos(sets: Path) -> Videos:
    return Videos(sets / "videos")


def _clip(sample: Sample) -> VideoClip:
    (clip,) = sample.media
    assert isinstance(clip, VideoClip)
    return clip


def test_only_clips_that_may_train_are_read(videos: Videos) -> None:
    assert videos.validation_size == 3


def test_a_clip_is_eight_small_frames_in_order(videos: Videos) -> None:
    starts = set()
    for seed in range(60):
        clip = _clip(videos.train(np.random.default_rng(seed)))
        assert clip.frames.shape == (8, 48, 96, 3)
        assert (np.diff(clip.times) >= 0).all()
        assert (np.diff(clip.frames.mean(axis=(1, 2, 3))) >= -1).all()  # the tiny clips grow brighter
        assert clip.seconds == pytest.approx(1.9)
        starts.add(float(clip.times[0]))
    assert len(starts) > 3


def test_validation_spans_the_clip(videos: Videos) -> None:
    sample = videos.validation(0)
    assert _clip(sample).times == pytest.approx([0.1, 0.3, 0.6, 0.8, 1.1, 1.3, 1.6, 1.8])
    assert (sample.turns[0].question, sample.turns[0].answer) == ("Which sign is shown?", "help")
    assert videos.validation(2).turns[0].answer == "cartoon rabbit"


def test_signs_are_named_as_labelled(videos: Videos) -> None:
    for seed in range(100):
        turns = videos.train(np.random.default_rng(seed)).turns
        signs = {turn.answer for turn in turns if turn.kind == "sign"}
        assert signs <= {SIGNS[label][language] for label in ("help", "eat") for language in ("en", "zh")}
        assert len(signs) <= 1


def _folder(path: Path, **changes: object) -> Path:
    (path / "videos.jsonl").write_text(json.dumps({"file": "a.mkv", "label": "help", "train_ok": True} | changes))
    return path


def test_an_unknown_label_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match=r"unknown labels \['dance'\]; expected the known signs and scenes"):
        Videos(_folder(tmp_path, label="dance")).validation(0)


def test_no_clip_that_may_train_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match="0 clips that may train"):
        Videos(_folder(tmp_path, train_ok=False)).validation(0)


def test_a_broken_clip_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.mkv").write_bytes(b"no film")
    with pytest.raises(UnreadableMedia, match=r"a.mkv: .*expected a video"):
        Videos(_folder(tmp_path)).validation(0)
