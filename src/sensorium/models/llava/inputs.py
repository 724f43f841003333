"""How LLaVA sees: a picture as one view, or, for LLaVA-NeXT, as a view of the whole and tiles of its best size."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sensorium.core.errors import CheckpointError
from sensorium.inputs.batching import Item
from sensorium.inputs.pictures import CLIP, Exact, PictureSpec, ShortestEdge, normalise, picture_spec, prepare
from sensorium.inputs.refusals import as_picture
from sensorium.inputs.settings import wrong_size
from sensorium.inputs.templated import Prepared
from sensorium.inputs.tiles import grid_tiles, grid_tokens
from sensorium.media.types import Image, Media
from sensorium.models.llava.config import PINPOINTS, LlavaConfig, Pinpoints

ROW = "<image>"
"""The token that stands for one row, and in templates for a picture, where processor_config.json names no other."""

_OWN = ("image_grid_pinpoints", "aspect_ratio_setting")
_OF_BATCHES = "do_pad"  # LLaVA-NeXT's processor pads batches by it, not pictures


@dataclass(frozen=True)
class ViewSpec:
    """How pictures are cut.

    pictures: what is done to each; for LLaVA-NeXT only its filter and colours count.
    side: of a view in pixels. patch: of a patch.
    rows: that a view gives.
    pinpoints: as in `LlavaConfig`.
    """

    pictures: PictureSpec
    side: int
    patch: int
    rows: int
    pinpoints: Pinpoints | None


def view_spec(settings: Mapping[str, object], config: LlavaConfig, where: str) -> ViewSpec:
    """The spec that a preprocessor_config.json gives; `where` is its name.

    Raises: ConfigError for a setting that is unknown or not supported; CheckpointError for one that does not suit the
    config.
    """
    side = config.vision.image_size
    view = Exact(side, side)
    if config.pinpoints is None:
        named = settings.get("image_processor_type") or settings.get("feature_extractor_type")
        pictures = picture_spec(settings, where=where, defaults=None if named else CLIP, own=_OWN)
        fits = (pictures.crop or pictures.size) == view
    else:
        _check_pinpoints(settings.get("image_grid_pinpoints") or PINPOINTS, config.pinpoints, where)
        pictures = picture_spec(settings, where=where, defaults=CLIP, own=(*_OWN, _OF_BATCHES))
        fits = pictures.size in (view, ShortestEdge(side)) and pictures.crop in (view, None)
    if not fits:
        raise wrong_size(pictures, view, where)
    if config.square:
        pictures = replace(pictures, square=True)
    return ViewSpec(pictures, side, config.vision.patch_size, config.rows_per_view, config.pinpoints)


def _check_pinpoints(said: object, expected: Pinpoints, where: str) -> None:
    """Raises: CheckpointError when pictures would be cut from other sizes than those that the network joins."""
    sizes = [list(size) if isinstance(size, tuple) else size for size in said] if isinstance(said, Iterable) else said
    if sizes != [list(size) for size in expected]:
        raise CheckpointError(
            f"{where}: image_grid_pinpoints is {said!r}; expected that of config.json, {list(map(list, expected))}. "
            "Use the files of one model together."
        )


def original_settings(config: LlavaConfig) -> dict[str, object]:
    """What holds for folders of the original repository, which say nothing: as its tower's own files say."""
    side = config.vision.image_size
    pinpoints = {} if config.pinpoints is None else {"image_grid_pinpoints": config.pinpoints}
    return {"size": {"shortest_edge": side}, "crop_size": {"height": side, "width": side}, **pinpoints}


@dataclass(frozen=True)
class Preparer:
    """Pictures to views, and to as many placeholders `row` as they give rows."""

    spec: ViewSpec
    row: str = ROW

    def __call__(self, medium: Media) -> Prepared:
        """Raises: UnsupportedMedia for what is no picture."""
        image = as_picture(medium)
        item = self._tiles(image) if self.spec.pinpoints else self._view(image)
        return Prepared(item, self.row * item.rows)

    def _view(self, image: Image) -> Item:
        return Item("image", prepare(image.pixels, self.spec.pictures, source=image.source), self.spec.rows)

    def _tiles(self, image: Image) -> Item:
        spec, pinpoints = self.spec, self.spec.pinpoints or ()
        tiles = grid_tiles(
            image.pixels, pinpoints=pinpoints, tile=spec.side, resample=spec.pictures.resample, source=image.source
        )
        height, width = image.pixels.shape[:2]
        rows = grid_tokens(height, width, pinpoints=pinpoints, tile=spec.side, patch=spec.patch)
        return Item("image", normalise(tiles.pixels, spec.pictures), rows, size=(height, width))
