"""Pictures of one line of text, and what it says; with questions about its words, letters and digits."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pixels
from PIL import ImageDraw, ImageFilter

from sensorium.data.phrasing import NO, THERE_IS, THERE_IS_NOT, UNANSWERABLE, YES, Phrasing, ask
from sensorium.data.sample import Region, Sample, Turn
from sensorium.data.synthetic import text_phrasings as say
from sensorium.data.synthetic.drawing import grain
from sensorium.data.synthetic.draws import between, one_of, weighted, whole
from sensorium.data.synthetic.fonts import draws, font, held_out_faces, train_faces
from sensorium.data.synthetic.names import COLOURS, Rgb
from sensorium.data.synthetic.talk import draw_turns
from sensorium.data.synthetic.words import HELD_OUT_WORDS, TRAIN_WORDS, draw_text
from sensorium.media.types import Image

_LONGEST = 24
_TRAIN_LONGEST = ((0.35, 3), (0.2, 7), (0.45, _LONGEST))
"""Shares of training lines by their greatest length: letters are learnt from short ones, then lines."""
_TRAIN_WIDTHS = (32, 48, 64, 96, 128, 192, 256, 384, 512)
_TRAIN_HEIGHT = 16
"""Few widths and heights, so that lines are encoded together."""
_LARGEST_AREA = 20_000
_VALIDATION_SEED = 5_202
_MARKS = ".,:;!?"


@dataclass(frozen=True)
class Line:
    """A drawn line: its text, the name of its colour, "" where it has none, and where its characters stand."""

    text: str
    colour: str
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True)
class TextLines:
    """Lines of 1 to 24 characters in many faces, 14 to 32 pixels high, clean or a little worn.

    Validation draws with faces that training never uses, and mostly with words that it never shows.
    """

    name: str = "reading"
    validation_size: int = 1_000

    def train(self, rng: np.random.Generator) -> Sample:
        """Return a line with one to three turns, the first of which asks for its text."""
        return self.alike(rng)(rng)

    def alike(self, rng: np.random.Generator) -> Callable[[np.random.Generator], Sample]:
        """Draw a greatest length, and return what draws training lines of it: of few sizes, not of one."""
        longest = weighted(rng, _TRAIN_LONGEST)

        def draw(rng: np.random.Generator) -> Sample:
            line, picture = draw_line(rng, train_faces(), TRAIN_WORDS, longest=longest, widths=_TRAIN_WIDTHS)
            turns = (_read(rng, line), *draw_turns(rng, _FOLLOW_UPS, line, whole(rng, 0, 2)))
            return Sample((picture,), turns, self.name, line.regions)

        return draw

    def validation(self, index: int) -> Sample:
        """Return line number `index`; three of four turns ask for its text."""
        rng = np.random.default_rng([_VALIDATION_SEED, index])
        line, picture = draw_line(rng, held_out_faces(), HELD_OUT_WORDS)
        turns: tuple[Turn, ...] = (_read(rng, line),) if index % 4 else ()
        while not turns:
            turns = draw_turns(rng, _FOLLOW_UPS, line, 1)
        return Sample((picture,), turns, self.name)


def draw_line(
    rng: np.random.Generator,
    faces: tuple[str, ...],
    vocabulary: tuple[str, ...],
    *,
    longest: int = _LONGEST,
    widths: tuple[int, ...] = (),
) -> tuple[Line, Image]:
    """Draw a text of up to `longest` characters and paint it in one of the `faces`.

    The picture's margins are drawn freely, or so that it has the next of `widths`, if there is one, and a height that
    16 divides.
    """
    text = draw_text(rng, longest, vocabulary)
    face, size = one_of(rng, [face for face in faces if draws(face, text)]), whole(rng, 14, 32)
    while True:
        left, top, right, bottom = font(face, size).getbbox(text)
        margins = [whole(rng, 3, 4 + size // 2) for _ in range(4)]
        width = max(16, round(right - left) + margins[0] + margins[1])
        if widths:  # without, no draw more: validation lines stay as they are
            wider = min((each for each in widths if each >= width), default=width)
            margins[0] += whole(rng, 0, wider - width)
            width = wider
        height = max(24, round(bottom - top) + margins[2] + margins[3])
        if widths:
            taller = -(-height // _TRAIN_HEIGHT) * _TRAIN_HEIGHT
            margins[2] += whole(rng, 0, taller - height)
            height = taller
        if width * height <= _LARGEST_AREA:
            break
        size = max(12, size - 3)
    colour, ink, paper = _inks(rng)
    picture = Pixels.new("RGB", (width, height), paper)
    place = (margins[0] - left, (height - margins[3] - margins[2] - (bottom - top)) / 2 + margins[2] - top)
    ImageDraw.Draw(picture).text(place, text, fill=ink, font=font(face, size))
    regions = _letter_regions(text, font(face, size).getlength, place[0] / width, width)
    return Line(text, colour, regions), Image(_worn(rng, picture, paper), source="text")


def _letter_regions(text: str, length: Callable[[str], float], start: float, width: int) -> tuple[Region, ...]:
    """Where each character stands, from top to bottom of a line that begins at `start` of the width."""
    ends = [start + length(text[:count]) / width for count in range(len(text) + 1)]
    return tuple(
        Region((character,), (left, 0.0, right, 1.0))
        for character, left, right in zip(text, ends[:-1], ends[1:], strict=True)
        if character != " "
    )


def _worn(rng: np.random.Generator, picture: Pixels.Image, paper: Rgb) -> NDArray[np.uint8]:
    """Turn, blur and grain the picture a little, each now and then."""
    if rng.random() < 0.2:
        steepest = 4.0 if picture.width < 4 * picture.height else 1.5
        turn = between(rng, -steepest, steepest)
        picture = picture.rotate(turn, Pixels.Resampling.BICUBIC, expand=True, fillcolor=paper)
    if rng.random() < 0.15:
        picture = picture.filter(ImageFilter.GaussianBlur(between(rng, 0.3, 0.7)))
    pixels = np.asarray(picture)
    return grain(pixels, between(rng, 2, 12), rng) if rng.random() < 0.25 else pixels


def _inks(rng: np.random.Generator) -> tuple[str, Rgb, Rgb]:
    """Return the colour's name, the ink and the paper, far apart in brightness."""
    style = weighted(rng, ((0.35, "black on white"), (0.3, "named"), (0.2, "soft"), (0.15, "white on dark")))
    if style == "black on white":
        return "black", COLOURS["black"].draw(rng), (255, 255, 255)
    if style == "white on dark":
        return "white", (250, 250, 250), _grey(rng, 0, 70)
    if style == "soft":
        return "", _grey(rng, 20, 90), _grey(rng, 190, 255)
    while True:
        name = one_of(rng, tuple(COLOURS))
        ink = COLOURS[name].draw(rng)
        paper = one_of(rng, ((255, 255, 255), _grey(rng, 200, 255), _grey(rng, 0, 60)))
        if abs(_brightness(ink) - _brightness(paper)) > 95:
            return name, ink, paper


def _grey(rng: np.random.Generator, low: int, high: int) -> Rgb:
    """Return a colour whose three values lie in one range: greyish, light or dark."""
    return whole(rng, low, high), whole(rng, low, high), whole(rng, low, high)


def _brightness(colour: Rgb) -> float:
    return 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]


def _read(rng: np.random.Generator, line: Line) -> Turn:
    return ask(rng, say.READ, line.text, "read", measure="characters")


def _count_words(rng: np.random.Generator, line: Line) -> Turn | None:
    words = line.text.split()
    if any(not word.strip(_MARKS).replace("'", "").isalpha() for word in words):
        return None  # numbers and signs: whether they are words is a matter of taste
    return ask(rng, say.COUNT_WORDS, len(words), "count")


def _first_word(rng: np.random.Generator, line: Line) -> Turn | None:
    return _word(rng, line, say.FIRST_WORD, 0)


def _last_word(rng: np.random.Generator, line: Line) -> Turn | None:
    return _word(rng, line, say.LAST_WORD, -1)


def _word(rng: np.random.Generator, line: Line, table: Phrasing, place: int) -> Turn | None:
    """Return a question for one of several words, unless a mark hangs on it."""
    words = line.text.split()
    if len(words) < 2 or words[place].strip(_MARKS) != words[place]:
        return None
    return ask(rng, table, words[place], "word", measure="characters")


def _first_character(rng: np.random.Generator, line: Line) -> Turn | None:
    return ask(rng, say.FIRST_CHARACTER, line.text[0], "letter")


def _last_character(rng: np.random.Generator, line: Line) -> Turn | None:
    return ask(rng, say.LAST_CHARACTER, line.text[-1], "letter")


def _count_characters(rng: np.random.Generator, line: Line) -> Turn | None:
    if " " in line.text or len(line.text) > 12:
        return None
    return ask(rng, say.COUNT_CHARACTERS, len(line.text), "count")


def _any_digit(rng: np.random.Generator, line: Line) -> Turn | None:
    has = any(character.isdigit() for character in line.text)
    return ask(rng, say.ANY_DIGIT, THERE_IS if has else THERE_IS_NOT, "exists")


def _all_capitals(rng: np.random.Generator, line: Line) -> Turn | None:
    if not any(character.isalpha() for character in line.text):
        return None
    return ask(rng, say.ALL_CAPITALS, YES if line.text.isupper() else NO, "case")


def _colour(rng: np.random.Generator, line: Line) -> Turn | None:
    return ask(rng, say.TEXT_COLOUR, COLOURS[line.colour].word, "colour") if line.colour else None


def _unknown(rng: np.random.Generator, line: Line) -> Turn | None:
    return ask(rng, one_of(rng, say.UNKNOWN), UNANSWERABLE["image"], "unanswerable")


_FOLLOW_UPS: tuple[tuple[float, Callable[[np.random.Generator, Line], Turn | None]], ...] = (
    (1.0, _count_words), (2.0, _first_word), (1.0, _last_word), (1.0, _first_character), (1.0, _last_character),
    (1.0, _count_characters), (1.0, _any_digit), (0.7, _all_capitals), (1.0, _colour), (0.8, _unknown),
)  # fmt: skip
