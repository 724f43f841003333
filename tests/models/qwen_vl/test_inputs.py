"""Pictures near their own size, films as pairs of frames, settings from a checkpoint's files, what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.core.errors import CheckpointError, ConfigError, LimitExceeded, UnsupportedMedia
from sensorium.encoders.vision_qwen import Cut
from sensorium.inputs.pictures import CLIP_MEAN, HALF
from sensorium.media.types import AudioClip, Image, VideoClip
from sensorium.models.qwen_vl.inputs import Preparer, SightSpec, read_sight, sight_spec
from sensorium.models.qwen_vl.places import View

CUT = Cut(patch=14, tubelet=2, fold=2)
HUB: dict[str, Any] = {
    "min_pixels": 3136,
    "max_pixels": 12845056,
    "patch_size": 14,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": list(CLIP_MEAN),
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "image_processor_type": "Qwen2VLImageProcessor",
    "processor_class": "Qwen2_5_VLProcessor",
}


def spec(*, stamped: bool = False, **changes: Any) -> SightSpec:
    return sight_spec(HUB | changes, HUB | changes, CUT, stamped=stamped, where="x.json")


def film(frames: int, seconds: float) -> VideoClip:
    pixels = np.zeros((frames, 40, 60, 3), np.uint8)
    return VideoClip(pixels, np.arange(frames, dtype=np.float64) * (seconds / frames), seconds)


def test_a_picture_keeps_nearly_its_size() -> None:
    made = Preparer(spec(), CUT)(Image(np.zeros((100, 210, 3), np.uint8)))
    assert made.item.features.shape == (1, 3, 112, 224)  # halves go to the even number, as in the reference
    assert made.item.rows == 4 * 8
    assert made.item.size == (100, 210)
    assert made.text == "<|vision_start|>" + "<|image_pad|>" * 32 + "<|vision_end|>"
    assert View.of(made.item) == View((100, 210), (112, 224))


def test_a_film_is_pairs_of_frames_with_times() -> None:
    made = Preparer(spec(), CUT)(film(8, 4.0))
    assert made.item.features.shape == (8, 3, 56, 84)
    assert made.item.rows == 4 * 6
    assert made.item.times is not None
    assert made.item.times.tolist() == [0.5 * index for index in range(8)]
    assert made.text == "<|vision_start|>" + "<|video_pad|>" * 24 + "<|vision_end|>"


def test_pairs_that_stand_apart_are_announced_by_their_times() -> None:
    made = Preparer(spec(stamped=True), CUT)(film(5, 2.5))
    rows = "<|vision_start|>" + "<|video_pad|>" * (made.item.rows // 3) + "<|vision_end|>"
    assert made.text == f"<0.2 seconds>{rows}<1.2 seconds>{rows}<2.0 seconds>{rows}"


def test_sounds_are_refused_with_advice() -> None:
    with pytest.raises(UnsupportedMedia, match=r"takes image, video, not audio.*sensorium models"):
        Preparer(spec(), CUT)(AudioClip(np.zeros(10, np.float32)))


def test_very_long_pictures_are_refused() -> None:
    with pytest.raises(LimitExceeded, match="longer than 200:1"):
        Preparer(spec(), CUT)(Image(np.zeros((1, 201, 3), np.uint8)))


def test_settings_in_every_place(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no preprocessor_config\.json"):
        read_sight(tmp_path, CUT, stamped=False)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(HUB))
    old = read_sight(tmp_path, CUT, stamped=False)
    assert (old.min_pixels, old.max_pixels, old.film.min_pixels) == (3136, 12845056, 3136)
    assert (old.pictures.mean, old.pictures.resample, old.film.fps) == (CLIP_MEAN, "bicubic", 2.0)
    films = {"size": {"shortest_edge": 4096, "longest_edge": 25165824}, "fps": 4, "max_frames": 8, "image_mean": HALF}
    (tmp_path / "video_preprocessor_config.json").write_text(json.dumps(films))
    apart = read_sight(tmp_path, CUT, stamped=True)
    assert (apart.film.min_pixels, apart.film.fps, apart.film.most, apart.film.whole) == (4096, 4, 8, True)
    assert (apart.frames.mean, apart.pictures.mean) == (HALF, CLIP_MEAN)
    (tmp_path / "processor_config.json").write_text(json.dumps({"video_processor": films | {"fps": 1}}))
    assert read_sight(tmp_path, CUT, stamped=True).film.fps == 1


def test_what_is_left_out_is_as_the_reference_has_it() -> None:
    made = sight_spec({}, {}, CUT, stamped=False, where="x.json")
    assert (made.min_pixels, made.max_pixels) == (56 * 56, 28 * 28 * 1280)
    assert (made.film.min_pixels, made.film.max_pixels) == (128 * 28 * 28, 768 * 28 * 28)
    assert (made.film.least, made.film.most, made.film.multiple) == (4, 768, 2)
    assert sight_spec({}, {}, CUT, stamped=True, where="x.json").frames.mean == HALF


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"patch_size": 16}, r"x\.json: patch_size is 16; the vision tower has 14"),
        ({"merge_size": 4}, "merge_size is 4; the vision tower has 2"),
        ({"do_resize": False}, "do_resize is False; expected True"),
        ({"num_frames": 8}, "num_frames is 8; expected None"),
        ({"cap_pixels_per_frame": True}, "cap_pixels_per_frame is True"),
        ({"size": 448}, "size is 448"),
        ({"min_pixels": 10, "max_pixels": 9}, "10 to 9 pixels; expected two numbers"),
        ({"min_pixels": "small"}, "'small' to"),
        ({"fps": 0}, "fps is 0; expected a number above 0"),
        ({"max_frames": True}, "max_frames is True"),
        ({"resample": 9}, "resample is 9"),
        ({"do_dance": True}, "do_dance"),
    ],
)
def test_settings_that_cannot_be_followed(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        spec(**changes)
