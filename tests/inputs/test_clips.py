"""Films are seen at the times at which they are shown, and their pixels are those of the reference's processor."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Pillow

from sensorium.core.errors import ConfigError, LimitExceeded, UnreadableMedia
from sensorium.inputs.clips import ClipSpec, choose_frames, clip_spec, prepare_clip
from sensorium.inputs.pictures import HALF, Exact, ShortestEdge
from sensorium.media.types import VideoClip

SHAPES = [(1, 1), (2, 3), (47, 131), (64, 64), (65, 64), (150, 101), (240, 426), (480, 640)]


def film(times: list[float], height: int = 4, width: int = 5, seed: int = 0) -> VideoClip:
    pixels = np.random.default_rng(seed).integers(0, 256, (len(times), height, width, 3), np.uint8)
    return VideoClip(pixels, np.array(times), seconds=times[-1] + 0.04 if times else 0.0, source="film.mp4")


def processor(**settings: Any) -> Any:
    module = pytest.importorskip("transformers.models.videomae.image_processing_pil_videomae")
    return module.VideoMAEImageProcessorPil(**settings)


# Which frames


@given(st.integers(1, 400), st.integers(1, 64), st.sampled_from([8.0, 15.0, 24000 / 1001, 25.0, 30.0, 59.94]))
def test_at_a_constant_rate_the_choice_is_exact(frames: int, count: int, rate: float) -> None:
    clip = VideoClip(np.zeros((frames, 1, 1, 3), np.uint8), np.arange(frames) / rate, frames / rate)
    expected = [i * (frames - 1) // max(1, count - 1) for i in range(count)]
    assert choose_frames(clip, count).tolist() == expected


@given(st.lists(st.integers(1, 90_000), min_size=0, max_size=60), st.integers(2, 32))
@example(gaps=[1], count=13)
def test_each_instant_shows_the_frame_that_is_on(gaps: list[int], count: int) -> None:
    stamps = np.cumsum([0, *gaps])  # ticks of a 90 kHz clock, as in a film of variable frame rate
    clip = film((stamps / 90_000).tolist(), 1, 1)
    span = int(stamps[-1])
    expected = [max(k for k, stamp in enumerate(stamps) if stamp * (count - 1) <= span * i) for i in range(count)]
    assert choose_frames(clip, count).tolist() == expected


def test_a_film_of_a_variable_rate_is_seen_at_an_even_pace() -> None:
    fast, slow = [k / 100 for k in range(100)], [1.0, 2.0, 3.0]  # a hundred frames in the first of three seconds
    assert choose_frames(film([*fast, *slow]), 4).tolist() == [0, 100, 101, 102]


def test_a_film_read_as_so_many_frames_gives_them_all() -> None:
    stamps = np.arange(301)
    read = [int(stamps[300 * i // 15]) for i in range(16)]  # the rule of media/frames.py
    assert choose_frames(film([stamp / 29.97 for stamp in read]), 16).tolist() == list(range(16))


def test_few_frames_are_shown_more_than_once() -> None:
    assert choose_frames(film([0.0]), 4).tolist() == [0, 0, 0, 0]
    assert choose_frames(film([0.0, 1.0]), 5).tolist() == [0, 0, 0, 0, 1]
    assert choose_frames(film([2.0, 3.0]), 1).tolist() == [0]


@pytest.mark.parametrize("times", [[], [0.0, 0.5], [0.0, 1.0, 0.5], [0.0, float("nan"), 1.0], [0.0, 1.0, float("inf")]])
def test_times_that_do_not_fit_are_refused(times: list[float]) -> None:
    clip = VideoClip(np.zeros((3 if times else 0, 4, 4, 3), np.uint8), np.array(times), 1.0, source="film.mp4")
    message = r"film\.mp4: got frames \[\d, 4, 4, 3\] with times \[\d\]; expected at least one frame.*Read the film"
    with pytest.raises(UnreadableMedia, match=message):
        choose_frames(clip, 4)


# Their pixels


@pytest.mark.parametrize(
    "settings",
    [
        {"size": {"shortest_edge": 40}, "crop_size": {"height": 40, "width": 40}},
        {"size": {"shortest_edge": 50}, "crop_size": {"height": 33, "width": 64}, "image_mean": [0.45] * 3},
        {"size": {"height": 30, "width": 41}, "do_center_crop": False, "image_std": [0.225] * 3},
        {"size": {"shortest_edge": 40}, "crop_size": {"height": 24, "width": 24}, "resample": 3},
        {"do_resize": False, "crop_size": {"height": 51, "width": 51}, "do_normalize": False},
    ],
)
def test_pixels_are_the_references(settings: dict[str, Any]) -> None:
    theirs = processor(**settings)
    spec = clip_spec(json.loads(theirs.to_json_string()), frames=2, where="preprocessor_config.json")
    for height, width in SHAPES:
        clip = film([0.0, 1.0], height, width)
        expected = theirs([Pillow.fromarray(each) for each in clip.frames], return_tensors="np")["pixel_values"][0]
        found = prepare_clip(clip, spec)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_a_silent_config_means_the_references_defaults() -> None:
    whole = clip_spec(json.loads(processor().to_json_string()), frames=16, where="x")
    for said in (
        {},
        {"image_processor_type": "VideoMAEImageProcessor"},
        {"feature_extractor_type": "VideoMAEFeatureExtractor", "size": 224},  # the first form
        {"video_processor_type": "VideoMAEVideoProcessor", "do_sample_frames": False, "return_metadata": False},
    ):
        assert clip_spec(said, frames=16, where="x") == whole
    assert (whole.frames, whole.pictures.size, whole.pictures.crop) == (16, ShortestEdge(224), Exact(224, 224))
    assert (whole.pictures.mean, whole.pictures.std, whole.pictures.resample) == (HALF, HALF, "bilinear")


def test_timesformers_own_processor_has_other_colours() -> None:
    spec = clip_spec({"video_processor_type": "TimesformerVideoProcessor"}, frames=8, where="x")
    assert spec.pictures.mean == (0.485, 0.456, 0.406)


def test_the_chosen_frames_stand_in_order() -> None:
    clip = film([0.0, 1.0, 2.0])
    spec = ClipSpec(5, clip_spec({"do_resize": False, "do_center_crop": False}, frames=5, where="x").pictures)
    made: NDArray[np.float32] = prepare_clip(clip, spec)
    assert made.shape == (5, 3, 4, 5)
    for values, index in zip(made, [0, 0, 1, 1, 2], strict=True):
        np.testing.assert_allclose(values.transpose(1, 2, 0), clip.frames[index] / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"image_processor_type": "VivitImageProcessor"}, "x.json: the processor is 'VivitImageProcessor'; expected"),
        ({"do_resise": True}, r"x\.json: unknown key 'do_resise'"),
        ({"offset": True}, "unknown key 'offset'"),
        ({"resample": 0}, "resample is 0"),
    ],
)
def test_settings_that_we_do_not_take_are_named(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        clip_spec(settings, frames=16, where="x.json")


def test_a_film_too_narrow_is_refused_by_name() -> None:
    spec = clip_spec({}, frames=2, where="x")
    with pytest.raises(LimitExceeded, match=r"film\.mp4: 3000x1 pixels would become"):
        prepare_clip(film([0.0], 1, 3000), spec)
