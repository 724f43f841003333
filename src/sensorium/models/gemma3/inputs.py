"""How Gemma 3 sees: a picture as one square view, and, where its folder asks for it, views of its pieces besides.

Pan and scan cuts long pictures into a few pieces side by side, or one below the other, so that less is squeezed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import ceil

import numpy as np

from sensorium.core.config import from_dict
from sensorium.core.errors import ConfigError
from sensorium.inputs.batching import Item
from sensorium.inputs.pictures import SIGLIP, PictureSpec, Pixels, check_pixels, prepare
from sensorium.inputs.refusals import as_picture
from sensorium.inputs.settings import tower_pictures
from sensorium.inputs.templated import Prepared
from sensorium.media.types import Media

ROW, START, STOP = "<image_soft_token>", "<start_of_image>", "<end_of_image>"

_PIECES = "Here is the original image {whole} and here are some crops to help you see better {pieces}"


@dataclass(frozen=True)
class PanAndScan:
    """When a picture is cut, and how; names and defaults as in the reference.

    pan_and_scan_min_crop_size: no side of a piece is shorter, in pixels.
    pan_and_scan_max_num_crops: most pieces.
    pan_and_scan_min_ratio_to_activate: of the longer side to the shorter one, from which on a picture is cut.
    """

    pan_and_scan_min_crop_size: int = 256
    pan_and_scan_max_num_crops: int = 4
    pan_and_scan_min_ratio_to_activate: float = 1.2

    def __post_init__(self) -> None:
        if self.pan_and_scan_min_crop_size < 1 or self.pan_and_scan_max_num_crops < 1:
            raise ConfigError(
                f"pan and scan: got pieces of at least {self.pan_and_scan_min_crop_size} pixels and at most "
                f"{self.pan_and_scan_max_num_crops} of them; expected positive numbers. Correct the model's "
                "preprocessor_config.json."
            )

    def pieces(self, pixels: Pixels) -> list[Pixels]:
        """The pieces of a picture [height, width, 3] along its longer side; none where it is not to be cut."""
        height, width = pixels.shape[:2]
        long, short = max(height, width), min(height, width)
        if long / short < self.pan_and_scan_min_ratio_to_activate:
            return []
        count = min(int(long / short + 0.5), long // self.pan_and_scan_min_crop_size)
        step = ceil(long / min(max(count, 2), self.pan_and_scan_max_num_crops))
        if min(step, short) < self.pan_and_scan_min_crop_size:
            return []
        cuts = [slice(at, at + step) for at in range(0, long, step)]
        return [pixels[:, cut] if width >= height else pixels[cut] for cut in cuts]


@dataclass(frozen=True)
class ViewSpec:
    """What is done to a picture: `pictures` to each view of it; `pan` None where it is seen whole only."""

    pictures: PictureSpec
    pan: PanAndScan | None = None


def view_spec(settings: Mapping[str, object], side: int, where: str) -> ViewSpec:
    """The spec that a preprocessor_config.json gives.

    Args:
        settings: its content.
        side: of the pictures that the tower takes.
        where: its name.

    Raises: ConfigError for a setting that is unknown or not supported; CheckpointError for another size.
    """
    own = [each.name for each in fields(PanAndScan)]
    pictures = tower_pictures(
        settings, side, where=where, defaults={**SIGLIP, "resample": 2}, own=("do_pan_and_scan", *own)
    )
    pan = from_dict(PanAndScan, {key: settings[key] for key in own if settings.get(key) is not None}, where=where)
    return ViewSpec(pictures, pan if settings.get("do_pan_and_scan") else None)


@dataclass(frozen=True)
class Preparer:
    """Pictures to views, and to the text around their rows."""

    spec: ViewSpec
    rows: int

    def __call__(self, medium: Media) -> Prepared:
        """Raises: UnsupportedMedia for what is no picture."""
        image = as_picture(medium)
        check_pixels(image.pixels, source=image.source)
        pieces = self.spec.pan.pieces(image.pixels) if self.spec.pan else []
        views = [prepare(each, self.spec.pictures, source=image.source) for each in (image.pixels, *pieces)]
        view = f"\n\n{START}{ROW * self.rows}{STOP}\n\n"
        text = _PIECES.format(whole=view, pieces=" ".join([view] * len(pieces))) if pieces else view
        return Prepared(Item("image", np.stack(views), self.rows * len(views)), text)
