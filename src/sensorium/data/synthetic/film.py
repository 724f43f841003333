"""Films of coloured shapes: the stage (times, size, background), the actors (a state per frame), the painting.

Time on the stage runs from 0 at the first frame to 1 at the last, whatever the rate and however uneven the times,
so that an event lies at the same share of every film. A film may be sampled down to 8 frames: whatever is asked
about lasts at least an eighth of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pixels

from sensorium.data.phrasing import Word
from sensorium.data.sample import Region
from sensorium.data.synthetic.drawing import grain, paint_shape
from sensorium.data.synthetic.draws import between, one_of, some_of, weighted, whole
from sensorium.data.synthetic.grounds import gradient
from sensorium.data.synthetic.layout import HELD_OUT_PAIRS, colours_against
from sensorium.data.synthetic.moving_phrasings import DIRECTIONS
from sensorium.data.synthetic.names import ANY_SHAPE, COLOURS, SHAPES, Rgb, phrase
from sensorium.media.types import VideoClip

Path = NDArray[np.float64]
"""Points [2] or [frames, 2] in pixels, x to the right and y downwards."""

FEWEST_FRAMES = 8

_SHAPES = ("circle", "square", "triangle", "star", "heart", "diamond", "cross", "ring")
_RADIUS = (0.11, 0.18)  # as a share of the shorter side
_SMALLEST = 6.5  # pixels of radius: below, a heart is a blot
_STANDING = 0.4  # pixels a frame: what moves less is not seen to move


@dataclass(frozen=True, eq=False)
class Stage:
    """Where and when a film plays; `background` is a colour name, or "" for a gradient."""

    width: int
    height: int
    times: NDArray[np.float64]
    backdrop: Pixels.Image
    background: str
    colours: tuple[str, ...]

    @property
    def along(self) -> NDArray[np.float64]:
        """Each frame's share of the film, 0 … 1."""
        return np.asarray(self.times / self.times[-1])

    @property
    def seconds(self) -> float:
        """Length of the film: the last frame is shown as long as the one before."""
        return float(2 * self.times[-1] - self.times[-2])

    @property
    def side(self) -> int:
        """The shorter side in pixels, the measure of all lengths."""
        return min(self.width, self.height)


@dataclass(frozen=True, eq=False)
class Actor:
    """A shape, and per frame its centre [frames, 2], radius, turn in degrees, whether it is shown, and its colour."""

    shape: str
    colour: str
    centres: Path
    radii: NDArray[np.float64]
    degrees: NDArray[np.float64]
    shown: NDArray[np.bool_]
    fills: tuple[Rgb, ...]

    @property
    def still(self) -> bool:
        """Tell whether all frames show it alike."""
        changing = (self.centres, self.radii, self.degrees)
        lively = any(np.ptp(each, axis=0).any() for each in changing)
        return bool(self.shown.all()) and len(set(self.fills)) == 1 and not lively

    @property
    def word(self) -> Word:
        """Its colour and shape, without an article: "red circle"."""
        return phrase(SHAPES[self.shape], self.colour)

    @property
    def a(self) -> str:
        """Its English colour and shape with the article: "an orange ring"."""
        return phrase(SHAPES[self.shape], self.colour, article="a").en


def draw_size(rng: np.random.Generator) -> tuple[int, int, int]:
    """Draw width and height of 48 … 96 pixels (often 64) and 8 (often) … 16 frames."""
    width = 64 if rng.random() < 0.5 else whole(rng, 48, 96)
    height = width if rng.random() < 0.7 else min(max(round(width * between(rng, 0.7, 1.3)), 48), 96)
    frames = FEWEST_FRAMES if rng.random() < 0.5 else whole(rng, FEWEST_FRAMES, 16)
    return width, height, frames


def build_stage(rng: np.random.Generator, size: tuple[int, int, int]) -> Stage:
    """Draw times, at 4 … 12 frames a second, and a background for a film of that width, height and frames."""
    width, height, frames = size
    steps = np.full(frames - 1, 1.0 / whole(rng, 4, 12))
    if rng.random() < 0.25:
        steps *= rng.uniform(0.75, 1.3, frames - 1)
    times = np.concatenate([[0.0], np.cumsum(steps)])
    name = one_of(rng, tuple(COLOURS)) if rng.random() < 0.6 else ""
    if name:
        start = end = COLOURS[name].draw(rng)
    else:
        start, end = _two_near(rng)
    backdrop = gradient(width, height, start, end, vertical=bool(rng.random() < 0.5))
    return Stage(width, height, times, backdrop, name, tuple(colours_against((start, end), 110.0)))


def _two_near(rng: np.random.Generator) -> tuple[Rgb, Rgb]:
    """Two ends of a gradient, near enough for most colours to stand out from both."""
    start = rng.integers(20, 236, 3)
    end = np.clip(start + rng.integers(-50, 51, 3), 0, 255)
    return (int(start[0]), int(start[1]), int(start[2])), (int(end[0]), int(end[1]), int(end[2]))


def cast(rng: np.random.Generator, stage: Stage, count: int, *, held_out: bool) -> list[Actor]:
    """Return still actors that differ in shape and colour, at (0, 0); the first is a held-out pair if so asked."""
    pairs = [(shape, colour) for shape in _SHAPES for colour in stage.colours]
    known = [pair for pair in pairs if pair not in HELD_OUT_PAIRS]
    strange = [pair for pair in pairs if pair in HELD_OUT_PAIRS]
    chosen = [one_of(rng, strange if held_out and strange else known)]
    for shape, colour in some_of(rng, known, len(known)):
        if len(chosen) == count:
            break
        if all(shape != other[0] and colour != other[1] for other in chosen):
            chosen.append((shape, colour))
    return [actor(rng, stage, *pair) for pair in chosen]


def actor(rng: np.random.Generator, stage: Stage, shape: str, colour: str) -> Actor:
    """Return an actor that stands at (0, 0) all the time."""
    frames = len(stage.times)
    radius = max(between(rng, *_RADIUS) * stage.side, _SMALLEST)
    turn = 0.0 if shape in ("heart", "cross") or rng.random() < 0.6 else between(rng, -20.0, 20.0)
    return Actor(
        shape,
        colour,
        np.zeros((frames, 2)),
        np.full(frames, radius),
        np.full(frames, turn),
        np.ones(frames, bool),
        (COLOURS[colour].draw(rng),) * frames,
    )


def spot(rng: np.random.Generator, stage: Stage, radius: float, taken: Sequence[Actor]) -> Path | None:
    """Return a free place for a shape of that radius, clear of all places where `taken` ever are, or None."""
    for _ in range(40):
        place = np.array([between(rng, radius + 1, size - radius - 1) for size in (stage.width, stage.height)])
        if all(np.hypot(*(other.centres - place).T).min() > radius + other.radii.max() + 2 for other in taken):
            return place
    return None


def settle(rng: np.random.Generator, stage: Stage, extras: Sequence[Actor], taken: Sequence[Actor]) -> list[Actor]:
    """Return `taken` and those `extras` for which there is room, standing still."""
    placed = list(taken)
    for extra in extras:
        place = spot(rng, stage, float(extra.radii[0]), placed)
        if place is not None:
            placed.append(moved(extra, np.tile(place, (len(stage.times), 1))))
    return placed


def moved(who: Actor, centres: Path) -> Actor:
    """Return `who` at these centres."""
    return replace(who, centres=centres)


def paint(rng: np.random.Generator, stage: Stage, actors: Sequence[Actor]) -> VideoClip:
    """Paint the film: what never changes first, then the others over it; one film in five is grainy."""
    ground = stage.backdrop.copy()
    for who in actors:
        if who.still:
            _paint_frame(ground, who, 0)
    frames = []
    for index in range(len(stage.times)):
        frame = ground.copy()
        for who in actors:
            if who.shown[index] and not who.still:
                _paint_frame(frame, who, index)
        frames.append(np.asarray(frame))
    film = np.stack(frames)  # [frames, height, width, 3]
    if rng.random() < 0.2:
        film = grain(film, between(rng, 2.0, 8.0), rng)
    return VideoClip(film, stage.times, stage.seconds, source="moving")


def actor_regions(stage: Stage, actors: Sequence[Actor]) -> tuple[Region, ...]:
    """Where each actor is in every two frames, with its shape, its colour and the way that it moves."""
    frames, size = len(stage.times), np.array([stage.width, stage.height])
    length = frames + frames % 2  # of an odd film, inputs/features.py shows the last frame twice
    regions = []
    for who in actors:
        for start in range(0, frames, 2):
            shown = [index for index in range(start, min(start + 2, frames)) if who.shown[index]]
            if not shown:
                continue
            low = (who.centres[shown] - who.radii[shown, None]).min(axis=0) / size
            high = (who.centres[shown] + who.radii[shown, None]).max(axis=0) / size
            box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
            regions.append(Region(_words(who, start), box, (start / length, (start + 2) / length)))
    return tuple(regions)


def _words(who: Actor, frame: int) -> tuple[str, ...]:
    """Shape and, where it keeps it, colour; and the way from this frame to the next, if it moves."""
    noun = SHAPES[who.shape]
    words = [noun.en, noun.zh]
    if len(set(who.fills)) == 1:
        words += [COLOURS[who.colour].word.en, COLOURS[who.colour].word.zh]
    step = who.centres[min(frame + 1, len(who.centres) - 1)] - who.centres[frame]
    length = float(np.hypot(*step))
    if length > _STANDING:
        x, y = np.round(step / length * 1.2).astype(int).tolist()
        words += [DIRECTIONS[x, y].en, DIRECTIONS[x, y].zh]
    return tuple(words)


def _paint_frame(frame: Pixels.Image, who: Actor, index: int) -> None:
    x, y = who.centres[index].tolist()
    paint_shape(frame, who.shape, (x, y), float(who.radii[index]), who.fills[index], degrees=float(who.degrees[index]))


def call(rng: np.random.Generator, who: Actor, actors: Sequence[Actor]) -> Word:
    """Return a way to speak of one actor: "the red circle", "the circle", "the red shape", or "it" if alone."""
    noun = SHAPES[who.shape]
    ways = [
        (0.5, phrase(noun, who.colour, article="the")),
        (0.25, phrase(noun, article="the")),
        (0.15, phrase(ANY_SHAPE, who.colour, article="the")),
    ]
    if len(actors) == 1:
        ways += [(0.35, Word("it", "它")), (0.2, Word("the shape", "图形")), (0.1, Word("the object", "物体"))]
    return weighted(rng, ways)


def straight(stage: Stage, start: Path, end: Path) -> Path:
    """Return centres [frames, 2] on the way from `start` to `end`, at even speed."""
    return np.asarray(start + (end - start) * stage.along[:, None])


def reach(stage: Stage, radius: float) -> tuple[float, float]:
    """Return how far a centre may go, in x and in y, when the shape stays in the picture."""
    return stage.width - 2 * radius - 2, stage.height - 2 * radius - 2
