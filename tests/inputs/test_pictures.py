"""Pixels are those of the reference's processors for every shape of picture; settings that we do not take are named."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Pillow

from sensorium.core.errors import ConfigError, LimitExceeded, UnreadableMedia
from sensorium.inputs.pictures import (
    CLIP,
    CLIP_MEAN,
    CLIP_STD,
    HALF,
    Exact,
    LongestEdge,
    PictureSpec,
    ShortestEdge,
    centre_crop,
    longest_edge_size,
    normalise,
    pad_to_square,
    picture_spec,
    prepare,
    resize,
    target_size,
)

SHAPES = [(1, 1), (1, 500), (500, 1), (2, 3), (63, 65), (64, 64), (65, 64), (150, 101), (47, 333), (400, 300)]

PROCESSORS: list[tuple[str, str, dict[str, object]]] = [
    ("clip", "CLIP", {"size": {"shortest_edge": 64}, "crop_size": {"height": 64, "width": 64}}),
    ("clip", "CLIP", {"size": {"shortest_edge": 50}, "crop_size": {"height": 71, "width": 40}}),
    ("clip", "CLIP", {"do_resize": False, "crop_size": 51}),
    ("siglip", "Siglip", {"size": {"height": 64, "width": 64}}),
    ("siglip", "Siglip", {"size": {"height": 64, "width": 33}, "resample": 2, "image_mean": CLIP_MEAN}),
    ("siglip", "Siglip", {"size": {"height": 40, "width": 40}, "resample": 1, "do_normalize": False}),
    ("siglip", "Siglip", {"size": {"height": 40, "width": 40}, "do_rescale": False, "image_std": [50.0, 60.0, 70.0]}),
    ("llava", "Llava", {"size": {"shortest_edge": 64}, "crop_size": 64, "do_pad": True}),
]


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def reference(family: str, kind: str) -> Any:
    module = pytest.importorskip(f"transformers.models.{family}.image_processing_pil_{family}")
    return getattr(module, f"{kind}ImageProcessorPil")


@pytest.mark.parametrize(("family", "kind", "settings"), PROCESSORS)
def test_pixels_are_the_references(family: str, kind: str, settings: dict[str, object]) -> None:
    processor = reference(family, kind)(**settings)
    spec = picture_spec(json.loads(processor.to_json_string()), where="preprocessor_config.json")
    grey = np.repeat(noise(77, 131)[:, :, :1], 3, axis=2)
    for pixels in [noise(*shape) for shape in SHAPES] + [grey]:
        expected = processor(Pillow.fromarray(pixels), return_tensors="np")["pixel_values"][0]
        found = prepare(pixels, spec, source="made")
        assert found.dtype == np.float32
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("family", "kind"), [("clip", "CLIP"), ("siglip", "Siglip"), ("llava", "Llava")])
def test_a_silent_config_means_the_references_defaults(family: str, kind: str) -> None:
    whole = picture_spec(json.loads(reference(family, kind)().to_json_string()), where="x")
    for name in (f"{kind}ImageProcessor", f"{kind}ImageProcessorFast", f"{kind}FeatureExtractor"):
        key = "feature_extractor_type" if name.endswith("Extractor") else "image_processor_type"
        assert picture_spec({key: name, "crop_size": None}, where="x") == whole


# The config


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (336, ShortestEdge(336)),
        ({"shortest_edge": 336}, ShortestEdge(336)),
        ({"longest_edge": 99}, LongestEdge(99)),
        ({"height": 3, "width": 5}, Exact(3, 5)),
        ([3, 5], Exact(3, 5)),
    ],
)
def test_sizes_are_written_in_several_ways(size: object, expected: object) -> None:
    assert picture_spec({"size": size}, where="x", defaults=CLIP).size == expected
    assert picture_spec({"size": 7, "default_to_square": True}, where="x", defaults=CLIP).size == Exact(7, 7)
    assert picture_spec({"crop_size": 7}, where="x", defaults=CLIP).crop == Exact(7, 7)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"resampel": 3}, r"p\.json: unknown key 'resampel'.*Did you mean 'resample'"),
        ({"auto_map": {}}, "unknown key 'auto_map'"),
        ({"image_grid_pinpoints": [[1, 1]]}, "unknown key 'image_grid_pinpoints'"),
        ({"resample": 0}, r"p\.json: resample is 0; expected 1 \(Lanczos\)"),
        ({"size": {"shortest_edge": 3, "longest_edge": 9}}, "size is .*; expected height and width"),
        ({"size": {"height": 0, "width": 9}}, "size is .*; expected lengths of at least 1"),
        ({"size": [1, 2, 3]}, "size is"),
        ({"crop_size": {"shortest_edge": 9}}, "crop_size is .*; expected height and width"),
        ({"image_std": [1.0, 0.0, 1.0]}, "image_std is .*; expected numbers other than 0"),
        ({"image_mean": [0.5]}, r"p\.json: image_mean: got \[0.5\]"),
        ({"do_resize": "yes"}, "do_resize: got 'yes'"),
        ({"do_pad": True, "pad_size": {"height": 9, "width": 9}}, "unknown key 'pad_size'"),
        ({"data_format": "channels_last"}, "data_format"),
    ],
)
def test_settings_that_we_do_not_take_are_named(setting: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        picture_spec(setting, where="p.json", defaults=CLIP)


@pytest.mark.parametrize("named", ["ViTImageProcessor", "Idefics3ImageProcessor", ""])
def test_a_type_that_we_do_not_have_is_named(named: str) -> None:
    with pytest.raises(ConfigError, match=f"image_processor_type is '{named}'; expected that of CLIP"):
        picture_spec({"image_processor_type": named}, where="p.json")


def test_keys_of_the_family_are_its_own() -> None:
    config = {"image_grid_pinpoints": [[1, 1]], "size": {"min_pixels": 1}, "processor_class": "X"}
    spec = picture_spec(config, where="x", defaults={**CLIP, "do_resize": False}, own={"image_grid_pinpoints", "size"})
    assert spec.size is None
    assert spec.std == CLIP_STD


# The pieces


@given(height=st.integers(1, 40), width=st.integers(1, 40), tall=st.integers(1, 40), wide=st.integers(1, 40))
def test_a_crop_is_the_middle_and_black_around(height: int, width: int, tall: int, wide: int) -> None:
    cropped = centre_crop(np.full((height, width, 3), 9, np.uint8), tall, wide)
    assert cropped.shape == (tall, wide, 3)
    seen = cropped[:, :, 0] == 9
    assert seen.sum() == min(height, tall) * min(width, wide)
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    assert 0 <= rows[0] - (tall - 1 - rows[-1]) <= 1  # an odd row goes above
    assert 0 <= columns[0] - (wide - 1 - columns[-1]) <= 1


def test_a_square_has_the_picture_in_its_middle() -> None:
    square = pad_to_square(np.full((2, 5, 3), 9, np.uint8), (1, 2, 3))
    assert square.shape == (5, 5, 3)
    assert square[:, 2].tolist() == [[1, 2, 3], [9, 9, 9], [9, 9, 9], [1, 2, 3], [1, 2, 3]]


@pytest.mark.parametrize(("height", "width"), [(1, 500), (500, 1), (301, 200), (200, 301), (7, 7), (4999, 5001)])
def test_the_longest_edge_has_its_length(height: int, width: int) -> None:
    tall, wide = longest_edge_size(height, width, 2048)
    assert max(tall, wide) == 2048
    assert min(tall, wide) == 1 or min(tall, wide) % 2 == 0 or height == width
    assert max(longest_edge_size(height, width, 5000)) == 4096


def test_a_picture_of_the_right_size_is_not_resampled() -> None:
    pixels = noise(9, 8)
    assert resize(pixels, 9, 8, "lanczos") is pixels
    assert resize(pixels, 4, 5, "lanczos").shape == (4, 5, 3)


def test_several_pictures_are_normalised_as_one() -> None:
    spec = PictureSpec(None, "bicubic", None, False, 1 / 255, HALF, HALF)
    tiles = np.stack([noise(5, 4, seed) for seed in range(3)])
    whole = normalise(tiles, spec)
    assert whole.shape == (3, 3, 5, 4)
    for tile, values in zip(tiles, whole, strict=True):
        assert np.array_equal(normalise(tile, spec), values)
    assert (whole.min(), whole.max()) == pytest.approx((tiles.min() / 127.5 - 1, tiles.max() / 127.5 - 1), abs=1e-6)


def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    thin = np.zeros((1, 20_000, 3), np.uint8)
    with pytest.raises(LimitExceeded, match="strip: 20000x1 pixels would become 4480000x224, more than"):
        prepare(thin, picture_spec({}, where="x", defaults=CLIP), source="strip")
    square = picture_spec({"do_pad": True}, where="x", defaults=CLIP)
    with pytest.raises(LimitExceeded, match="strip: 20000x1 pixels would become 20000x20000, more than"):
        prepare(thin, square, source="strip")
    assert target_size(ShortestEdge(224), 1, 500, source="strip") == (224, 112_000)


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3), (5, 5), (5, 5, 4)])
def test_pictures_that_are_none(shape: tuple[int, ...]) -> None:
    with pytest.raises(UnreadableMedia, match=r"page: got pixels uint8 \[.*\]; expected uint8 \[height, width, 3\]"):
        prepare(np.zeros(shape, np.uint8), picture_spec({}, where="x", defaults=CLIP), source="page")
