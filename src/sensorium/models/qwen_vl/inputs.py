"""How Qwen-VL sees: pictures near their own size, films as pairs of frames, and what stands for them in the text.

    picture   <|vision_start|> a row of the picture … <|vision_end|>
    film      the same with the rows of all pairs (Qwen2, Qwen2.5); for each pair, <1.5 seconds> and the same (Qwen3)

Pictures are resized by Pillow, as the reference's processors on Pillow do it. Films, too; the reference resizes those
by torchvision, whose bicubic values differ a little. Qwen3's films are written as the processor of its time wrote them
(transformers 4); version 5.23 leaves one more pair of vision tokens around the whole film.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from sensorium.chat.message import Message
from sensorium.core.errors import ConfigError
from sensorium.encoders.vision_qwen import Cut
from sensorium.inputs.batching import Item, Talk
from sensorium.inputs.carrier import ModelInputs
from sensorium.inputs.pictures import CLIP, HALF, PictureSpec, check_pixels, normalise, picture_spec, resize
from sensorium.inputs.refusals import not_taken
from sensorium.inputs.settings import picture_settings
from sensorium.inputs.templated import Prepared, TemplatedAssembler
from sensorium.inputs.tiles import smart_resize
from sensorium.media.types import Image, Media, VideoClip
from sensorium.models.qwen_vl.films import FilmSpec, choose_frames, film_size, pair_times
from sensorium.models.qwen_vl.positions import grids, place
from sensorium.weights.checkpoint import read_json

START, END = "<|vision_start|>", "<|vision_end|>"
IMAGE_ROW, FILM_ROW = "<|image_pad|>", "<|video_pad|>"
MARKS = {"image": f"{START}{IMAGE_ROW}{END}", "video": f"{START}{FILM_ROW}{END}"}
"""What templates write for a picture and a film."""

_DEFAULTS: Mapping[str, object] = {**CLIP, "do_resize": False, "do_center_crop": False}
"""Resizing is ours: to a size near the picture's own."""

_OWN = ("size", "min_pixels", "max_pixels", "do_resize", "patch_size", "temporal_patch_size", "merge_size")
_FILM_OWN = (
    *_OWN,
    *("fps", "min_frames", "max_frames", "num_frames", "do_sample_frames", "cap_pixels_per_frame"),
    *("max_video_tokens", "max_duration", "max_image_size"),
    *("return_metadata", "video_metadata", "video_processor_type"),
)


@dataclass(frozen=True)
class SightSpec:
    """What is done to pictures and films.

    pictures, frames: values of the pixels, of a picture and of a film's frames. min_pixels, max_pixels: of a picture.
    film: which frames, and their size. stamped: pairs of frames stand apart, each behind its time.
    """

    pictures: PictureSpec
    min_pixels: int
    max_pixels: int
    frames: PictureSpec
    film: FilmSpec
    stamped: bool


def read_sight(folder: Path, cut: Cut, *, stamped: bool) -> SightSpec:
    """What the files of a checkpoint say of pictures and films.

    Args:
        folder: of the checkpoint.
        cut: how its vision tower cuts frames.
        stamped: pairs of frames stand apart.

    Raises: CheckpointError when nothing is said; ConfigError for a setting that is unknown, not supported, or does not
    suit the tower.
    """
    pictures, where = picture_settings(folder)
    films: object = None
    if (folder / "processor_config.json").is_file():
        films = read_json(folder / "processor_config.json").get("video_processor")
    if films is None and (folder / "video_preprocessor_config.json").is_file():
        films = read_json(folder / "video_preprocessor_config.json")
    return sight_spec(pictures, films if isinstance(films, Mapping) else pictures, cut, stamped=stamped, where=where)


def sight_spec(
    pictures: Mapping[str, object], films: Mapping[str, object], cut: Cut, *, stamped: bool, where: str
) -> SightSpec:
    """The spec that two tables of settings give. Raises: ConfigError that names what is unknown or unsupported."""
    side = cut.patch * cut.fold
    # What films are like where their table is silent; of pictures it is the same for all generations.
    values = {"image_mean": HALF, "image_std": HALF} if stamped else {}
    for said in (pictures, films):
        _check(said, cut, where)
    low, high = _bounds(pictures, (56 * 56, 28 * 28 * 1280), where)
    film_low, film_high = _bounds(films, (128 * side * side, 768 * side * side), where)
    return SightSpec(
        pictures=picture_spec(pictures, where=where, defaults=_DEFAULTS, own=_FILM_OWN),
        min_pixels=low,
        max_pixels=high,
        frames=picture_spec(films, where=where, defaults={**_DEFAULTS, **values}, own=_FILM_OWN),
        film=FilmSpec(
            min_pixels=film_low,
            max_pixels=film_high,
            whole=stamped,
            fps=_number(films, "fps", 2.0, where),
            least=int(_number(films, "min_frames", 4, where)),
            most=int(_number(films, "max_frames", 768, where)),
            multiple=1 if stamped else cut.tubelet,
        ),
        stamped=stamped,
    )


def _check(said: Mapping[str, object], cut: Cut, where: str) -> None:
    """Refuse what does not suit the vision tower, and what is not supported."""
    for key, ours in (("patch_size", cut.patch), ("temporal_patch_size", cut.tubelet), ("merge_size", cut.fold)):
        if said.get(key) not in (None, ours):
            raise ConfigError(
                f"{where}: {key} is {said[key]!r}; the vision tower has {ours}. Use the files of one model together."
            )
    for key, wanted in (("do_resize", True), ("num_frames", None), ("cap_pixels_per_frame", False)):
        if said.get(key) not in (None, wanted):
            raise ConfigError(
                f"{where}: {key} is {said[key]!r}; expected {wanted}. Choose another checkpoint, or convert it."
            )


def _bounds(said: Mapping[str, object], usual: tuple[int, int], where: str) -> tuple[int, int]:
    """The least and the most pixels."""
    size = said.get("size") or {}
    if not isinstance(size, Mapping):
        raise ConfigError(f"{where}: size is {size!r}; expected shortest_edge and longest_edge. Fetch the model again.")
    names = (("min_pixels", "shortest_edge"), ("max_pixels", "longest_edge"))
    found = [
        said.get(pixels) or size.get(edge) or size.get(pixels) or default
        for (pixels, edge), default in zip(names, usual, strict=True)
    ]
    match found:
        case [int(low), int(high)] if 0 < low <= high:
            return low, high
    raise ConfigError(
        f"{where}: pictures have {found[0]!r} to {found[1]!r} pixels; expected two numbers, the lower first. Fetch the "
        "model again."
    )


def _number(said: Mapping[str, object], key: str, usual: float, where: str) -> float:
    value = usual if said.get(key) is None else said[key]
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return value
    raise ConfigError(f"{where}: {key} is {value!r}; expected a number above 0. Fetch the model again.")


@dataclass(frozen=True)
class Preparer:
    """Media to frames and to the text around their rows."""

    spec: SightSpec
    cut: Cut

    def __call__(self, medium: Media) -> Prepared:
        """Raises: UnsupportedMedia for sounds and documents; LimitExceeded for what is too long or too narrow."""
        if isinstance(medium, Image):
            return self._picture(medium)
        if isinstance(medium, VideoClip):
            return self._film(medium)
        raise not_taken(medium, "image", "video")

    @property
    def _side(self) -> int:
        """Pixels along each side of a square, which makes a row."""
        return self.cut.patch * self.cut.fold

    def _picture(self, image: Image) -> Prepared:
        spec = self.spec
        check_pixels(image.pixels, source=image.source)
        height, width = image.pixels.shape[:2]
        bounds = {"min_pixels": spec.min_pixels, "max_pixels": spec.max_pixels}
        target = smart_resize(height, width, factor=self._side, **bounds, source=image.source)
        pixels = resize(image.pixels, *target, spec.pictures.resample)
        _, down, across = self.cut.grid(1, *target)
        item = Item("image", normalise(pixels[None], spec.pictures), down * across, size=(height, width))
        return Prepared(item, f"{START}{IMAGE_ROW * item.rows}{END}")

    def _film(self, clip: VideoClip) -> Prepared:
        spec, tubelet = self.spec, self.cut.tubelet
        chosen = choose_frames(clip.times, clip.seconds, spec.film)
        check_pixels(clip.frames[0], source=clip.source)
        height, width = clip.frames.shape[1:3]
        target = film_size(
            len(chosen), height, width, factor=self._side, tubelet=tubelet, spec=spec.film, source=clip.source
        )
        frames = np.stack([resize(clip.frames[index], *target, spec.frames.resample) for index in chosen])
        pairs, down, across = self.cut.grid(len(chosen), *target)
        times = clip.times[chosen]
        item = Item(
            "video",
            normalise(frames, spec.frames),
            pairs * down * across,
            times=times.astype(np.float32),
            size=(height, width),
        )
        rows = f"{START}{FILM_ROW * (down * across)}{END}"
        if spec.stamped:
            stamps = pair_times(times.tolist(), tubelet)
            return Prepared(item, "".join(f"<{seconds:.1f} seconds>{rows}" for seconds in stamps))
        return Prepared(item, f"{START}{FILM_ROW * item.rows}{END}")


@dataclass(frozen=True, eq=False)
class QwenVLAssembler:
    """Satisfies `models.answerer.Assembles`: a `TemplatedAssembler`, and positions of three axes.

    ticks: steps of the time axis per second of a film; None: one for each pair of frames.
    """

    inner: TemplatedAssembler
    cut: Cut
    ticks: float | None
    stamped: bool

    def talk(self, messages: Sequence[Message], *, ask: bool) -> Talk:
        """Ids and features of one talk; `ask` ends it with the invitation to answer. Raises: as `inner.talk`."""
        return self.inner.talk(messages, ask=ask)

    def batch(self, talks: Sequence[Talk], *, left: bool = False) -> ModelInputs:
        """Pad talks to one length, on the left for generation; positions are [B, T, 3], 0 at padding."""
        inputs = self.inner.batch(talks, left=left)
        length = inputs.ids.shape[1]
        positions = torch.zeros(len(talks), length, 3, dtype=torch.int64)
        for row, talk in enumerate(talks):
            at = slice(length - len(talk.ids), None) if left else slice(0, len(talk.ids))
            media = grids(talk.items, self.cut, ticks=self.ticks, stamped=self.stamped)
            positions[row, at] = place(talk.ids, media, frozenset(self.inner.rows.values()))
        return replace(inputs, positions=positions)
