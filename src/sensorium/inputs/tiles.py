"""High-resolution pictures as pieces: the tiles of Idefics3, the grids of LLaVA-NeXT, the free sizes of Qwen2-VL.

Pure functions of sizes and pixels; each follows the reference's processor on Pillow to the bit, with the roundings that
it has. Tiles are uint8 here; `pictures.normalise` makes fp32 of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensorium.core.errors import LimitExceeded
from sensorium.inputs.pictures import Pixels, Resample, check_pixels, longest_edge_size, resize

MAX_ASPECT = 200
"""Qwen2-VL takes no picture that is longer than so many times its width."""


@dataclass(frozen=True, eq=False)
class Tiles:
    """Pieces of a picture, row by row: pixels [N, tile, tile, 3] uint8.

    rows, columns: of the grid; 0 and 0 when the picture was not split. The view of the whole picture is the last of
    Idefics3's tiles and the first of LLaVA-NeXT's.
    """

    pixels: Pixels
    rows: int
    columns: int


# Idefics3, SmolVLM


def split_size(height: int, width: int, *, longest: int | None, tile: int) -> tuple[int, int]:
    """(height, width) to which a picture is resized before it is split: both multiples of `tile`.

    The longer edge goes to `longest` first (None: as it is), whether that shrinks the picture or enlarges it; then
    one edge is rounded up, the other follows and is rounded up too.
    """
    if longest is not None:
        height, width = longest_edge_size(height, width, longest)
    ratio = width / height
    if width >= height:
        width = math.ceil(width / tile) * tile
        height = math.ceil(int(width / ratio) / tile) * tile
    else:
        height = math.ceil(height / tile) * tile
        width = math.ceil(int(height * ratio) / tile) * tile
    return height, width


def split_grid(height: int, width: int, *, longest: int | None, tile: int) -> tuple[int, int]:
    """(rows, columns) of the tiles that `split` makes, the view of the whole not counted; (0, 0): only that view.

    Not as the reference's `get_number_of_image_patches`, which miscounts where `longest` is no multiple of `tile`: as
    its processor does it.
    """
    tall, wide = split_size(height, width, longest=longest, tile=tile)
    return (tall // tile, wide // tile) if (tall, wide) != (tile, tile) else (0, 0)


def split(pixels: Pixels, *, longest: int | None, tile: int, resample: Resample, source: str) -> Tiles:
    """Tiles of a picture and, where there are more than one, the whole picture as one more. Raises: UnreadableMedia.

    The picture is resized twice, and its whole view a third time from that, as in the reference.
    """
    pixels = _to_longest(pixels, longest, resample, source)
    height, width = split_size(pixels.shape[0], pixels.shape[1], longest=None, tile=tile)
    pixels = resize(pixels, height, width, resample)
    if (height, width) == (tile, tile):
        return Tiles(pixels[None], 0, 0)
    whole = resize(pixels, tile, tile, resample)
    return Tiles(np.concatenate((cut(pixels, tile), whole[None])), height // tile, width // tile)


def whole_view(pixels: Pixels, *, longest: int | None, tile: int, resample: Resample, source: str) -> Tiles:
    """The picture as one tile, without splitting (`do_image_splitting` false). Raises: UnreadableMedia."""
    pixels = _to_longest(pixels, longest, resample, source)
    return Tiles(resize(pixels, tile, tile, resample)[None], 0, 0)


def _to_longest(pixels: Pixels, longest: int | None, resample: Resample, source: str) -> Pixels:
    check_pixels(pixels, source=source)
    if longest is None:
        return pixels
    height, width = longest_edge_size(pixels.shape[0], pixels.shape[1], longest)
    return resize(pixels, height, width, resample)


def cut(pixels: Pixels, tile: int) -> Pixels:
    """Row by row. Shapes: [R tile, C tile, 3] to [R C, tile, tile, 3]."""
    rows, columns = pixels.shape[0] // tile, pixels.shape[1] // tile
    grid = pixels.reshape(rows, tile, columns, tile, 3).swapaxes(1, 2)
    return np.ascontiguousarray(grid).reshape(rows * columns, tile, tile, 3)


# LLaVA-NeXT


def best_resolution(height: int, width: int, pinpoints: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Of the sizes `pinpoints`, the one that keeps most of the picture's pixels, then the one that wastes least."""

    def merit(size: tuple[int, int]) -> tuple[int, int]:
        scale = min(size[1] / width, size[0] / height)
        kept = min(int(width * scale) * int(height * scale), width * height)
        return kept, kept - size[0] * size[1]

    return max(pinpoints, key=merit)


def grid_tiles(
    pixels: Pixels, *, pinpoints: Sequence[tuple[int, int]], tile: int, resample: Resample, source: str
) -> Tiles:
    """The whole picture, squeezed into a square, then the tiles of the best resolution: resized, padded with black.

    Holds for processors whose size and crop are both `tile`, as those of all public checkpoints.

    Raises: UnreadableMedia.
    """
    check_pixels(pixels, source=source)
    height, width = best_resolution(pixels.shape[0], pixels.shape[1], pinpoints)
    inner_height, inner_width = _inside(pixels.shape[0], pixels.shape[1], height, width)
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    canvas = np.zeros((height, width, 3), np.uint8)
    inner = resize(pixels, inner_height, inner_width, resample)
    canvas[top : top + inner_height, left : left + inner_width] = inner
    whole = resize(pixels, tile, tile, resample)
    return Tiles(np.concatenate((whole[None], cut(canvas, tile))), height // tile, width // tile)


def _inside(height: int, width: int, tall: int, wide: int) -> tuple[int, int]:
    """(height, width) of the picture, in its proportions, that just fits into `tall` x `wide`."""
    across, down = wide / width, tall / height
    if across < down:
        return min(math.ceil(height * across), tall), wide
    return tall, min(math.ceil(width * down), wide)


@dataclass(frozen=True)
class Unpadded:
    """The part of a grid of patches that shows the picture: first row and column, and how many of each."""

    top: int
    left: int
    rows: int
    columns: int


def unpadded(height: int, width: int, *, grid_rows: int, grid_columns: int) -> Unpadded:
    """Where a picture of this size lies in a grid of patches from whose tiles it was padded.

    Rounded at seven digits before it is cut to a whole number: plain products fall a hair short of one (24 * 7 / 7
    may be 23.999...), and then count of placeholders and rows of features differ by a row (transformers#34625). Even
    so, a padding of an odd number of patches leaves one of them in.
    """
    if width / height > grid_columns / grid_rows:
        kept = int(round(height * (grid_columns / width), 7))
        top = (grid_rows - kept) // 2
        return Unpadded(top, 0, grid_rows - 2 * top, grid_columns)
    kept = int(round(width * (grid_rows / height), 7))
    left = (grid_columns - kept) // 2
    return Unpadded(0, left, grid_rows, grid_columns - 2 * left)


def grid_tokens(height: int, width: int, *, pinpoints: Sequence[tuple[int, int]], tile: int, patch: int) -> int:
    """Rows of the language model that a picture takes, class tokens dropped: whole view, picture, a newline per row."""
    tall, wide = best_resolution(height, width, pinpoints)
    side = tile // patch
    shown = unpadded(height, width, grid_rows=tall // tile * side, grid_columns=wide // tile * side)
    return side * side + shown.rows * (shown.columns + 1)


# Qwen2-VL


def smart_resize(
    height: int, width: int, *, factor: int, min_pixels: int, max_pixels: int, source: str
) -> tuple[int, int]:
    """(height, width) near the picture's own, multiples of `factor`, their product within bounds.

    A very long picture may end over the upper bound, as no side gets shorter than `factor`.

    Raises: LimitExceeded for a picture longer than 200 times its width.
    """
    if max(height, width) / min(height, width) > MAX_ASPECT:
        raise LimitExceeded(
            f"{source}: {width}x{height} pixels is longer than {MAX_ASPECT}:1, the most that this model takes. "
            "Cut the picture into pieces."
        )
    sides = [round(side / factor) * factor for side in (height, width)]
    area = sides[0] * sides[1]
    if area > max_pixels:
        shrink = math.sqrt(height * width / max_pixels)
        sides = [max(factor, math.floor(side / shrink / factor) * factor) for side in (height, width)]
    elif area < min_pixels:
        grow = math.sqrt(min_pixels / (height * width))
        sides = [math.ceil(side * grow / factor) * factor for side in (height, width)]
    return sides[0], sides[1]
