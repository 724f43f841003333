"""Sizes, tiles and counts are the reference's, for thousands of sizes, odd and extreme ones among them."""

from types import MethodType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Pillow

from sensorium.core.errors import LimitExceeded, UnreadableMedia
from sensorium.inputs.pictures import CLIP, HALF, PictureSpec, normalise, picture_spec
from sensorium.inputs.tiles import (
    best_resolution,
    cut,
    grid_tiles,
    grid_tokens,
    smart_resize,
    split,
    split_grid,
    split_size,
    unpadded,
    whole_view,
)

PINPOINTS = ((336, 672), (672, 336), (672, 672), (1008, 336), (336, 1008))
MANY = tuple((336 * rows, 336 * columns) for rows in range(1, 7) for columns in range(1, 7))

_random = np.random.default_rng(0)
SIZES = [
    *((height, width) for height in range(1, 32) for width in range(1, 32)),
    *((int(height), int(width)) for height, width in _random.integers(1, 4000, (2000, 2))),
    *((1, 500), (500, 1), (1, 5000), (3, 1000), (1000, 3), (336, 336), (672, 672), (2048, 2048), (4097, 4096)),
]


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def reference(name: str) -> Any:
    return pytest.importorskip(f"transformers.{name}")


# Idefics3, SmolVLM


@pytest.fixture(scope="module", params=["idefics3", "smolvlm"])
def splitter(request: pytest.FixtureRequest) -> Any:
    kind = {"idefics3": "Idefics3", "smolvlm": "SmolVLM"}[request.param]
    module = reference(f"models.{request.param}.image_processing_pil_{request.param}")
    return getattr(module, f"{kind}ImageProcessorPil")(
        size={"longest_edge": 128}, max_image_size={"longest_edge": 32}, return_row_col_info=True
    )


AS_IDEFICS = PictureSpec(None, "lanczos", None, False, 1 / 255, HALF, HALF)


@pytest.mark.parametrize("longest", [128, None])
def test_tiles_are_the_references(splitter: Any, longest: int | None) -> None:
    for size in [(1, 1), (1, 90), (90, 1), (32, 32), (33, 32), (127, 128), (65, 64), (40, 100), (99, 300), (120, 31)]:
        pixels = noise(*size)
        out = splitter(Pillow.fromarray(pixels), return_tensors="np", do_resize=longest is not None)
        tiles = split(pixels, longest=longest, tile=32, resample="lanczos", source="made")
        assert (tiles.rows, tiles.columns) == (out["rows"][0][0], out["cols"][0][0])
        assert (tiles.rows, tiles.columns) == split_grid(*size, longest=longest, tile=32)
        assert len(tiles.pixels) == tiles.rows * tiles.columns + 1
        np.testing.assert_allclose(normalise(tiles.pixels, AS_IDEFICS), out["pixel_values"][0], rtol=0, atol=1e-6)


def test_whole_views_are_the_references(splitter: Any) -> None:
    for size in [(1, 90), (64, 33), (200, 90)]:
        pixels = noise(*size)
        out = splitter(Pillow.fromarray(pixels), return_tensors="np", do_image_splitting=False)
        view = whole_view(pixels, longest=128, tile=32, resample="lanczos", source="made")
        assert (view.rows, view.columns) == (out["rows"][0][0], out["cols"][0][0]) == (0, 0)
        np.testing.assert_allclose(normalise(view.pixels, AS_IDEFICS), out["pixel_values"][0], rtol=0, atol=1e-6)


def test_grids_are_the_references_for_many_sizes() -> None:
    module = reference("models.smolvlm.image_processing_pil_smolvlm")
    processor = module.SmolVLMImageProcessorPil(size={"longest_edge": 2048}, max_image_size={"longest_edge": 512})
    for size in SIZES:
        count, *grid = processor.get_number_of_image_patches(*size)
        assert split_grid(*size, longest=2048, tile=512) == tuple(grid), size
        assert count == grid[0] * grid[1] + 1


@given(height=st.integers(1, 5000), width=st.integers(1, 5000))
def test_tiles_fill_the_resized_picture(height: int, width: int) -> None:
    tall, wide = split_size(height, width, longest=2048, tile=512)
    assert tall % 512 == wide % 512 == 0
    assert max(tall, wide) == 2048
    assert split_grid(height, width, longest=2048, tile=512) == (tall // 512, wide // 512)
    assert split_grid(height, width, longest=None, tile=5000) == (0, 0)


def test_pieces_come_row_by_row() -> None:
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3).repeat(4, 0).repeat(4, 1)[:, :, None].repeat(3, 2)
    assert [int(tile.max()) for tile in cut(pixels, 4)] == [0, 1, 2, 3, 4, 5]
    assert [int(tile.min()) for tile in cut(pixels, 4)] == [0, 1, 2, 3, 4, 5]


# LLaVA-NeXT


def test_grid_tiles_are_the_references() -> None:
    module = reference("models.llava_next.image_processing_pil_llava_next")
    points = [[32, 64], [64, 32], [64, 64], [96, 32], [32, 96]]
    settings = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    processor = module.LlavaNextImageProcessorPil(image_grid_pinpoints=points, **settings)
    spec = picture_spec(settings, where="x", defaults=CLIP)
    for size in [(1, 1), (1, 500), (500, 1), (32, 32), (33, 34), (70, 50), (50, 77), (120, 30), (3, 100), (1, 5000)]:
        pixels = noise(*size)
        expected = processor(Pillow.fromarray(pixels), return_tensors="np")["pixel_values"][0]
        tiles = grid_tiles(pixels, pinpoints=[(a, b) for a, b in points], tile=32, resample="bicubic", source="made")
        assert len(tiles.pixels) == tiles.rows * tiles.columns + 1
        np.testing.assert_allclose(normalise(tiles.pixels, spec), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("pinpoints", [PINPOINTS, MANY])
def test_resolutions_and_counts_are_the_references(pinpoints: tuple[tuple[int, int], ...]) -> None:
    select = reference("image_processing_utils").select_best_resolution
    counter = reference("models.llava_next.processing_llava_next").LlavaNextProcessor
    processor = SimpleNamespace(
        image_processor=SimpleNamespace(image_grid_pinpoints=pinpoints), patch_size=14, num_additional_image_tokens=1
    )
    processor._get_unpadded_features = MethodType(counter._get_unpadded_features, processor)
    for size in SIZES:
        assert best_resolution(*size, pinpoints) == select(size, pinpoints)
        with_class_token = counter._get_number_of_features(processor, *size, 336, 336)
        assert grid_tokens(*size, pinpoints=pinpoints, tile=336, patch=14) == with_class_token - 1, size


def test_what_is_unpadded_is_what_the_reference_cuts_out() -> None:
    import torch

    cut_out = reference("models.llava_next.modeling_llava_next").unpad_image
    for height, width in SIZES[::7]:
        tall, wide = (side // 14 for side in best_resolution(height, width, PINPOINTS))
        grid = torch.arange(tall * wide).reshape(1, tall, wide)
        place = unpadded(height, width, grid_rows=tall, grid_columns=wide)
        shown = grid[:, place.top : place.top + place.rows, place.left : place.left + place.columns]
        assert torch.equal(shown, cut_out(grid, (height, width)))


def test_a_product_that_falls_short_of_a_whole_number_counts_as_one() -> None:
    short = [
        (height, width)
        for height in range(1, 700, 3)
        for width in range(height, 700, 5)
        if int(height * (48 / width)) != int(round(height * (48 / width), 7))
    ]
    assert short  # the sizes of transformers#34625
    for height, width in short:
        place = unpadded(height, width, grid_rows=48, grid_columns=48)
        if place.columns == 48:
            assert place.top == (48 - round(height * 48 / width)) // 2


# Qwen2-VL


@pytest.mark.parametrize(
    ("factor", "least", "most"), [(28, 56 * 56, 28 * 28 * 1280), (32, 65_536, 16_777_216), (28, 3136, 12_845_056)]
)
def test_free_sizes_are_the_references(factor: int, least: int, most: int) -> None:
    expected = reference("models.qwen2_vl.image_processing_pil_qwen2_vl").smart_resize
    for height, width in SIZES:
        if max(height, width) / min(height, width) > 200:
            with pytest.raises(LimitExceeded, match=rf"scan: {width}x{height} pixels is longer than 200:1"):
                smart_resize(height, width, factor=factor, min_pixels=least, max_pixels=most, source="scan")
            with pytest.raises(ValueError, match="aspect ratio"):
                expected(height, width, factor, least, most)
            continue
        found = smart_resize(height, width, factor=factor, min_pixels=least, max_pixels=most, source="scan")
        assert found == expected(height, width, factor, least, most), (height, width)


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 5), (5, 5, 4)])
def test_pictures_that_are_none(shape: tuple[int, ...]) -> None:
    pixels = np.zeros(shape, np.uint8)
    for make in (split, whole_view):
        with pytest.raises(UnreadableMedia, match="page: got pixels"):
            make(pixels, longest=None, tile=32, resample="lanczos", source="page")
    with pytest.raises(UnreadableMedia, match="page: got pixels"):
        grid_tiles(pixels, pinpoints=PINPOINTS, tile=336, resample="bicubic", source="page")
