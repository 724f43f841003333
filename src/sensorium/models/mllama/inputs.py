"""How Llama 3.2 Vision sees: a picture enlarged or shrunk onto a grid of tiles, black where it does not reach.

Follows the reference's processor on Pillow, with its roundings. No view of the whole; among the tokens one stands for
the picture.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.inputs.batching import Item
from sensorium.inputs.pictures import HALF, Exact, PictureSpec, check_pixels, normalise, picture_spec, resize
from sensorium.inputs.refusals import as_picture
from sensorium.inputs.templated import Prepared
from sensorium.inputs.tiles import cut
from sensorium.media.types import Image, Media
from sensorium.models.mllama.config import Grid, MllamaVisionConfig, grids_of

PICTURE = "<|image|>"
"""The token that stands for a picture, also in templates."""

_DEFAULTS: Mapping[str, object] = {
    "do_resize": True,
    "size": {"height": 224, "width": 224},
    "resample": 2,
    "do_center_crop": False,
    "crop_size": 1,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": HALF,
    "image_std": HALF,
    "do_pad": False,
    "default_to_square": True,
}
_OWN = ("do_pad", "max_image_tiles")


@dataclass(frozen=True)
class TileSpec:
    """How pictures are cut. pictures: filter and colours. side: of a tile in pixels. most: tiles of a picture."""

    pictures: PictureSpec
    side: int
    most: int


def tile_spec(settings: Mapping[str, object], config: MllamaVisionConfig, where: str) -> TileSpec:
    """The spec that a preprocessor_config.json gives; `where` is its name.

    Raises: ConfigError for a setting that is unknown or not supported; CheckpointError for one that does not suit the
    config.
    """
    pictures = picture_spec(settings, where=where, defaults=_DEFAULTS, own=_OWN)
    if settings.get("do_pad", True) is not True:
        raise ConfigError(
            f"{where}: do_pad is {settings['do_pad']!r}; expected true: tiles that a picture does not fill are padded. "
            "Fetch the model again."
        )
    side, most = config.image_size, settings.get("max_image_tiles", 4)
    if pictures.size != Exact(side, side) or pictures.crop is not None or most != config.max_num_tiles:
        raise CheckpointError(
            f"{where}: pictures get size {pictures.size}, crop {pictures.crop} and at most {most} tiles; expected "
            f"{side}x{side} pixels, no crop and {config.max_num_tiles} tiles, as the vision tower takes. Use the files "
            "of one model together."
        )
    return TileSpec(pictures, side, config.max_num_tiles)


def best_grid(height: int, width: int, *, most: int, side: int) -> Grid:
    """The grid that enlarges a picture least, or if none is large enough shrinks it least; then the smallest one."""

    def scale(grid: Grid) -> float:
        return min(grid[0] * side / height, grid[1] * side / width)

    grids = grids_of(most)
    enlarging = [scale(grid) for grid in grids if scale(grid) >= 1]
    wanted = min(enlarging) if enlarging else max(map(scale, grids))
    return min((grid for grid in grids if scale(grid) == wanted), key=lambda grid: grid[0] * grid[1])


def size_on(grid: Grid, height: int, width: int, *, side: int) -> tuple[int, int]:
    """(height, width) that a picture gets on its grid.

    It is enlarged until one of its sides is as long as a tile's, and shrunk until both fit onto the grid.
    """
    tall, wide = (min(max(length, side), count * side) for length, count in zip((height, width), grid, strict=True))
    down, across = tall / height, wide / width
    if across < down:
        return min(floor(height * across) or 1, tall), wide
    return tall, min(floor(width * down) or 1, wide)


@dataclass(frozen=True)
class Preparer:
    """Pictures to tiles, [rows, columns, 3, side, side], and to the one token that stands for each picture."""

    spec: TileSpec

    def __call__(self, medium: Media) -> Prepared:
        """Raises: UnsupportedMedia for what is no picture."""
        return Prepared(Item("image", self._tiles(as_picture(medium)), rows=1), PICTURE)

    def _tiles(self, image: Image) -> NDArray[np.float32]:
        spec, pixels = self.spec, image.pixels
        check_pixels(pixels, source=image.source)
        rows, columns = best_grid(*pixels.shape[:2], most=spec.most, side=spec.side)
        height, width = size_on((rows, columns), *pixels.shape[:2], side=spec.side)
        canvas = np.zeros((rows * spec.side, columns * spec.side, 3), np.uint8)
        canvas[:height, :width] = resize(pixels, height, width, spec.pictures.resample)
        tiles = normalise(cut(canvas, spec.side), spec.pictures)
        return tiles.reshape(rows, columns, *tiles.shape[1:])
