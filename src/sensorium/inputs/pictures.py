"""Pictures to pixels as the image processors of open checkpoints make them: resize, crop, pad, normalise.

    uint8 [height, width, 3] ── square ── resize ── crop ── normalise ── fp32 [3, h, w]

Follows the reference's processors on Pillow and numpy (CLIP, SigLIP, LLaVA), to the bit. Its "fast" processors, on
torchvision, resize with other kernels and may place what is smaller than the crop a pixel apart; values differ by up to
0.3 after normalising. Not as there: a picture is always RGB here, and one that would grow beyond all memory is refused.

numpy and Pillow do the work, so that worker processes can prepare batches without torch.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from sensorium.core.config import from_dict
from sensorium.core.errors import ConfigError, LimitExceeded, UnreadableMedia

Pixels = NDArray[np.uint8]
Resample = Literal["lanczos", "bilinear", "bicubic"]
Colour = tuple[float, float, float]

CLIP_MEAN: Colour = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD: Colour = (0.26862954, 0.26130258, 0.27577711)
HALF: Colour = (0.5, 0.5, 0.5)

MAX_AREA = 64_000_000
"""Pixels to which a picture may be enlarged on the way; 1x500 brought to a shortest edge of 224 has 25 million."""

_FILTERS: dict[Resample, Pillow.Resampling] = {
    "lanczos": Pillow.Resampling.LANCZOS,
    "bilinear": Pillow.Resampling.BILINEAR,
    "bicubic": Pillow.Resampling.BICUBIC,
}
_NUMBERED: dict[int, Resample] = {1: "lanczos", 2: "bilinear", 3: "bicubic"}
"""Pillow's numbers, which preprocessor_config.json gives."""


@dataclass(frozen=True)
class Exact:
    """A size, whatever the proportions were."""

    height: int
    width: int


@dataclass(frozen=True)
class ShortestEdge:
    """The shorter edge gets this length, the longer one follows, rounded down."""

    edge: int


@dataclass(frozen=True)
class LongestEdge:
    """The longer edge gets this length, the shorter one follows (`longest_edge_size`)."""

    edge: int


Size = Exact | ShortestEdge | LongestEdge


@dataclass(frozen=True)
class PictureSpec:
    """What is done to a picture.

    size: None leaves it as it is. crop: cut out of the middle, after resizing. square: first pad to a square with the
    mean colour. scale: pixels are multiplied by it, before mean and std.
    """

    size: Size | None
    resample: Resample
    crop: Exact | None
    square: bool
    scale: float
    mean: Colour
    std: Colour


Settings = Mapping[str, object]

CLIP: Settings = {
    "do_resize": True,
    "size": {"shortest_edge": 224},
    "resample": 3,
    "do_center_crop": True,
    "crop_size": {"height": 224, "width": 224},
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": CLIP_MEAN,
    "image_std": CLIP_STD,
    "do_pad": False,
    "default_to_square": False,
}
"""What a CLIP processor does where its config is silent; LLaVA-1.5's is the same."""

SIGLIP: Settings = {
    **CLIP,
    "size": {"height": 224, "width": 224},
    "do_center_crop": False,
    "image_mean": HALF,
    "image_std": HALF,
}
"""What a SigLIP processor does where its config is silent."""

_DEFAULTS: dict[str, Settings] = {"CLIP": CLIP, "Siglip": SIGLIP, "Llava": CLIP}

_NOT_OURS = frozenset(
    {
        *("_valid_processor_keys", "device", "disable_grouping", "do_convert_rgb", "feature_extractor_type"),
        *("image_processor_type", "image_seq_length", "input_data_format", "processor_class", "return_tensors"),
    }
)
"""Keys that say nothing about the pixels: names of classes, and how the caller passes pictures."""


@dataclass(frozen=True)
class _Config:
    """The keys of preprocessor_config.json that make a picture."""

    do_resize: bool
    size: int | dict[str, int] | tuple[int, ...]
    resample: int
    do_center_crop: bool
    crop_size: int | dict[str, int] | tuple[int, ...]
    do_rescale: bool
    rescale_factor: float
    do_normalize: bool
    image_mean: Colour
    image_std: Colour
    do_pad: bool
    default_to_square: bool
    data_format: Literal["channels_first"] = "channels_first"


def picture_spec(
    config: Settings, *, where: str, defaults: Settings | None = None, own: Collection[str] = ()
) -> PictureSpec:
    """The spec that a preprocessor_config.json gives (or "image_processor" in a processor_config.json).

    Args:
        config: its content; null means "as usual", as in the reference.
        where: its name, for messages.
        defaults: what holds where it is silent; None for those of the type that it names, one of CLIP, SigLIP, LLaVA.
        own: keys that the family reads itself ("image_grid_pinpoints", say); ignored here.

    Raises: ConfigError that names the setting which is unknown, unsupported, or of the wrong type.
    """
    base = _defaults_of(config, where) if defaults is None else defaults
    skipped = _NOT_OURS.union(own)
    said = {key: value for key, value in config.items() if value is not None and key not in skipped}
    raw = from_dict(_Config, {**base, **said}, where=where)
    if raw.resample not in _NUMBERED:
        raise _unsupported(where, "resample", raw.resample, "1 (Lanczos), 2 (bilinear) or 3 (bicubic)")
    if not all(raw.image_std):
        raise _unsupported(where, "image_std", raw.image_std, "numbers other than 0")
    size = _size(raw.size, square=raw.default_to_square, where=where, key="size") if raw.do_resize else None
    crop = _size(raw.crop_size, square=True, where=where, key="crop_size") if raw.do_center_crop else None
    if not isinstance(crop, Exact | None):
        raise _unsupported(where, "crop_size", raw.crop_size, "height and width")
    return PictureSpec(
        size=size,
        resample=_NUMBERED[raw.resample],
        crop=crop,
        square=raw.do_pad,
        scale=raw.rescale_factor if raw.do_rescale else 1.0,
        mean=raw.image_mean if raw.do_normalize else (0.0, 0.0, 0.0),
        std=raw.image_std if raw.do_normalize else (1.0, 1.0, 1.0),
    )


def _defaults_of(config: Settings, where: str) -> Settings:
    named = str(config.get("image_processor_type") or config.get("feature_extractor_type") or "")
    kind = re.sub(r"(ImageProcessor(Fast|Pil)?|FeatureExtractor)$", "", named)
    if kind not in _DEFAULTS:
        raise ConfigError(
            f"{where}: image_processor_type is {named!r}; expected that of {', '.join(_DEFAULTS)}. "
            "Choose a model of a family that we have (sensorium models)."
        )
    return _DEFAULTS[kind]


def _size(value: int | Mapping[str, int] | tuple[int, ...], *, square: bool, where: str, key: str) -> Size:
    """One of the forms in which a size may be written; `square` says what a single number means."""
    match {"edge": value} if isinstance(value, int) else value:
        case {"edge": int(edge)}:
            size: Size = Exact(edge, edge) if square else ShortestEdge(edge)
        case {"height": int(height), "width": int(width), **rest} if not rest:
            size = Exact(height, width)
        case (int(height), int(width)):
            size = Exact(height, width)
        case {"shortest_edge": int(edge), **rest} if not rest:
            size = ShortestEdge(edge)
        case {"longest_edge": int(edge), **rest} if not rest:
            size = LongestEdge(edge)
        case _:
            raise _unsupported(where, key, value, "height and width, shortest_edge, or longest_edge")
    if min(vars(size).values()) < 1:
        raise _unsupported(where, key, value, "lengths of at least 1")
    return size


def _unsupported(where: str, key: str, value: object, expected: str) -> ConfigError:
    return ConfigError(f"{where}: {key} is {value!r}; expected {expected}. Choose another checkpoint, or convert it.")


def prepare(pixels: Pixels, spec: PictureSpec, *, source: str) -> NDArray[np.float32]:
    """The whole way of one picture. Shapes: [height, width, 3] to [3, h, w].

    Raises: UnreadableMedia for no pixels, LimitExceeded for a picture too narrow to be enlarged.
    """
    check_pixels(pixels, source=source)
    if spec.square:
        side = max(pixels.shape)
        _check_area(pixels.shape[0], pixels.shape[1], Exact(side, side), source)
        pixels = pad_to_square(pixels, tuple(int(each * 255) for each in spec.mean))
    if spec.size is not None:
        pixels = resize(pixels, *target_size(spec.size, *pixels.shape[:2], source=source), spec.resample)
    if spec.crop is not None:
        pixels = centre_crop(pixels, spec.crop.height, spec.crop.width)
    return normalise(pixels, spec)


def check_pixels(pixels: Pixels, *, source: str) -> None:
    """Raises: UnreadableMedia for pixels of another type or shape, or none at all."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[-1] != 3 or not pixels.size:
        raise UnreadableMedia(
            f"{source}: got pixels {pixels.dtype} {list(pixels.shape)}; expected uint8 [height, width, 3], no side 0. "
            "Convert the picture, or read it again."
        )


def target_size(size: Size, height: int, width: int, *, source: str) -> tuple[int, int]:
    """The (height, width) that a picture is resized to. Raises: LimitExceeded for more than `MAX_AREA` pixels."""
    match size:
        case Exact(target_height, target_width):
            target = target_height, target_width
        case ShortestEdge(edge):
            target = shortest_edge_size(height, width, edge)
        case LongestEdge(edge):
            target = longest_edge_size(height, width, edge)
    _check_area(height, width, Exact(*target), source)
    return target


def _check_area(height: int, width: int, target: Exact, source: str) -> None:
    if target.height * target.width > MAX_AREA:
        raise LimitExceeded(
            f"{source}: {width}x{height} pixels would become {target.width}x{target.height}, more than the {MAX_AREA} "
            "pixels that we work with. Cut the picture into pieces that are less narrow."
        )


def shortest_edge_size(height: int, width: int, edge: int) -> tuple[int, int]:
    """(height, width) with a shorter edge of `edge`."""
    longer = int(edge * max(height, width) / min(height, width))
    return (longer, edge) if width <= height else (edge, longer)


def longest_edge_size(height: int, width: int, edge: int) -> tuple[int, int]:
    """(height, width) with a longer edge of `edge`, the other one rounded down and then up to an even number.

    As Idefics3 does it, which is the only one: at least 1, and nothing beyond 4096.
    """
    ratio = width / height
    if width >= height:
        height, width = int(edge / ratio), edge
        height += height % 2
    else:
        height, width = edge, int(edge * ratio)
        width += width % 2
    return _within(max(height, 1), max(width, 1), 4096)


def _within(height: int, width: int, edge: int) -> tuple[int, int]:
    """The same proportions with a longer edge of at most `edge`."""
    ratio = width / height
    if width >= height and width > edge:
        height, width = int(edge / ratio), edge
    elif height > width and height > edge:
        height, width = edge, int(edge * ratio)
    return max(height, 1), max(width, 1)


def resize(pixels: Pixels, height: int, width: int, resample: Resample) -> Pixels:
    """With antialiasing (Pillow). Shapes: [h, w, 3] to [height, width, 3]."""
    if pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(Pillow.fromarray(pixels).resize((width, height), _FILTERS[resample]))


def centre_crop(pixels: Pixels, height: int, width: int) -> Pixels:
    """The middle; black where the picture is smaller. Shapes: [h, w, 3] to [height, width, 3].

    An odd row or column is cut off below or at the right, and added above or at the left.
    """
    rows, into_rows = _middle(pixels.shape[0], height)
    columns, into_columns = _middle(pixels.shape[1], width)
    cropped = np.zeros((height, width, 3), np.uint8)
    cropped[into_rows, into_columns] = pixels[rows, columns]
    return cropped


def _middle(length: int, wanted: int) -> tuple[slice, slice]:
    """What is taken of a side of `length`, and where in one of `wanted` it goes."""
    start = (length - wanted) // 2
    if start >= 0:
        return slice(start, start + wanted), slice(None)
    return slice(None), slice(-start, -start + length)


def pad_to_square(pixels: Pixels, colour: tuple[int, ...]) -> Pixels:
    """The picture in the middle of a square; an odd row is added below, an odd column at the right.

    Shapes: [h, w, 3] to [s, s, 3]. What the original LLaVA does where its config says image_aspect_ratio "pad".
    """
    height, width = pixels.shape[:2]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    square = np.empty((side, side, 3), np.uint8)
    square[:] = colour
    square[top : top + height, left : left + width] = pixels
    return square


def normalise(pixels: Pixels, spec: PictureSpec) -> NDArray[np.float32]:
    """(pixels * scale - mean) / std, in the reference's types. Shapes: [..., h, w, 3] to [..., 3, h, w]."""
    table = _table(spec.scale, spec.mean, spec.std)
    values = np.empty((*pixels.shape[:-3], 3, *pixels.shape[-3:-1]), np.float32)
    for channel in range(3):
        np.take(table[channel], pixels[..., channel], out=values[..., channel, :, :], mode="clip")
    return values


@lru_cache
def _table(scale: float, mean: Colour, std: Colour) -> NDArray[np.float32]:
    """The value of each of the 256 levels. Returns: [3, 256]."""
    scaled = (np.arange(256, dtype=np.float64) * scale).astype(np.float32)
    return (scaled - np.array(mean, np.float32)[:, None]) / np.array(std, np.float32)[:, None]
