"""How Idefics3 and SmolVLM see: pictures in tiles with their place written before each, films as frames with times."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import numpy as np

from sensorium.core.errors import ConfigError
from sensorium.inputs.batching import Item
from sensorium.inputs.pictures import HALF, PictureSpec, Resample, normalise, picture_spec
from sensorium.inputs.refusals import not_taken
from sensorium.inputs.templated import Prepared
from sensorium.inputs.tiles import split, whole_view
from sensorium.media.types import Image, Media, VideoClip

ROW, AROUND, WHOLE = "<image>", "<fake_token_around_image>", "<global-img>"

_DEFAULTS: Mapping[str, object] = {
    "do_resize": True,
    "size": {"longest_edge": 4 * 364},
    "resample": 1,
    "do_center_crop": False,
    "crop_size": 1,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": HALF,
    "image_std": HALF,
    "do_pad": False,
    "default_to_square": False,
}
_OWN = ("size", "max_image_size", "do_image_splitting", "do_pad", "video_sampling", "return_row_col_info")
_TENS = ("", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_FILM = "You are provided the following series of {frames} frames from a {length} [H:MM:SS] video.\n"


@dataclass(frozen=True)
class TileSpec:
    """How pictures are cut.

    longest: pixels that the longer edge of a picture is brought to; None leaves it. tile: side of a tile.
    splitting: cut pictures into tiles; otherwise they are seen whole only. frames, fps: of a film, at most.
    """

    pictures: PictureSpec
    longest: int | None
    tile: int
    splitting: bool
    frames: int = 64
    fps: float = 1.0

    @property
    def resample(self) -> Resample:
        """The filter."""
        return self.pictures.resample


def tile_spec(config: Mapping[str, object], where: str) -> TileSpec:
    """The spec that a preprocessor_config.json gives; `where` is its name.

    Raises: ConfigError that names what is unknown or unsupported.
    """
    pictures = picture_spec(
        {key: value for key, value in config.items() if key not in _OWN}, where=where, defaults=_DEFAULTS
    )
    film = config.get("video_sampling") or {}
    if not isinstance(film, Mapping):
        raise ConfigError(f"{where}: video_sampling is {film!r}; expected fps and max_frames. Fetch the model again.")
    return TileSpec(
        pictures=pictures,
        longest=_edge(config.get("size", _DEFAULTS["size"]), where, "size") if pictures.size else None,
        tile=_edge(config.get("max_image_size", {"longest_edge": 364}), where, "max_image_size"),
        splitting=bool(config.get("do_image_splitting", True)),
        frames=int(film.get("max_frames", 64)),
        fps=float(film.get("fps", 1)),
    )


def _edge(size: object, where: str, key: str) -> int:
    if isinstance(size, Mapping) and isinstance(edge := size.get("longest_edge"), int) and edge > 0:
        return edge
    raise ConfigError(f"{where}: {key} is {size!r}; expected a longest_edge. Fetch the model again.")


@dataclass(frozen=True)
class Preparer:
    """Media to tiles and to the text around their rows."""

    spec: TileSpec
    rows_per_tile: int

    def __call__(self, medium: Media) -> Prepared:
        """Raises: UnsupportedMedia for sounds and documents."""
        if isinstance(medium, Image):
            return self._picture(medium)
        if isinstance(medium, VideoClip):
            return self._film(medium)
        raise not_taken(medium, "image", "video")

    def _picture(self, image: Image) -> Prepared:
        spec = self.spec
        cut = split if spec.splitting else whole_view
        tiles = cut(image.pixels, longest=spec.longest, tile=spec.tile, resample=spec.resample, source=image.source)
        features = normalise(tiles.pixels, spec.pictures)
        rows, text = ROW * self.rows_per_tile, ""
        for row in range(1, tiles.rows + 1):
            text += "".join(f"{AROUND}<row_{row}_col_{column}>{rows}" for column in range(1, tiles.columns + 1)) + "\n"
        whole = f"{AROUND}{WHOLE}{rows}{AROUND}"
        return Prepared(
            Item("image", features, self.rows_per_tile * len(features)), f"{text}\n{whole}" if text else whole
        )

    def _film(self, clip: VideoClip) -> Prepared:
        """Frames are pictures seen whole; each is announced with its time in the user's film."""
        spec = self.spec
        chosen = choose_frames(len(clip.frames), clip.seconds, most=spec.frames, fps=spec.fps)
        cut = partial(whole_view, longest=spec.longest, tile=spec.tile, resample=spec.resample, source=clip.source)
        views = np.concatenate([cut(clip.frames[index]).pixels for index in chosen])
        features = normalise(views, spec.pictures)
        view = f"{AROUND}{WHOLE}{ROW * self.rows_per_tile}{AROUND}"
        length = timedelta(seconds=int(clip.seconds))
        text = _FILM.format(frames=in_words(len(views)), length=length)
        for index in chosen:
            minutes, seconds = divmod(int(clip.times[index]), 60)
            text += f"\nFrame from {minutes:02d}:{seconds:02d}:{view}"
        return Prepared(Item("image", features, self.rows_per_tile * len(features)), text + "\n\n")


def choose_frames(count: int, seconds: float, *, most: int, fps: float) -> list[int]:
    """Indices of frames, evenly spread: `fps` of them a second of the film, at least one and at most `most`.

    The reference leaves out the first and the last second of films so long that `most` frames are not enough.
    """
    wanted = max(1, min(round(fps * seconds), most))
    start, end = 0, count - 1
    if seconds - 2 > most * fps:
        rate = count / seconds
        start, end = int(rate), min(int(count - rate), count - 1)
    if start >= end:
        start, end = 0, count - 1
    return sorted(set(np.linspace(start, end, wanted, dtype=int).tolist()))


def in_words(number: int) -> str:
    """A number under 1000 as English writes it: "twenty-one"."""
    if number >= 100:
        rest = number % 100
        return f"{_ONES[number // 100]} hundred" + (f" and {in_words(rest)}" if rest else "")
    if number < 20:
        return _ONES[number]
    return _TENS[number // 10] + (f"-{_ONES[number % 10]}" if number % 10 else "")
