"""The names of colours, shapes, sizes and places in English and Chinese, and noun phrases made of them.

Colours are ranges of hue, saturation and value that nobody would name otherwise: between them lie gaps.
"""

import colorsys
from dataclasses import dataclass

import numpy as np

from sensorium.data.phrasing import Word

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Colour:
    """A colour name and where it lies: hue in degrees, saturation and value 0 … 1, each (low, high)."""

    word: Word
    hue: tuple[float, float]
    saturation: tuple[float, float]
    value: tuple[float, float]

    def draw(self, rng: np.random.Generator) -> Rgb:
        """Return one RGB colour that bears this name."""
        return self._at(*rng.random(3).tolist())

    @property
    def typical(self) -> Rgb:
        """The RGB colour in the middle of the range."""
        return self._at(0.5, 0.5, 0.5)

    def _at(self, *parts: float) -> Rgb:
        ranges = (self.hue, self.saturation, self.value)
        hue, saturation, value = (low + (high - low) * part for (low, high), part in zip(ranges, parts, strict=True))
        red, green, blue = colorsys.hsv_to_rgb(hue / 360 % 1, saturation, value)
        return round(red * 255), round(green * 255), round(blue * 255)


COLOURS: dict[str, Colour] = {
    "red": Colour(Word("red", "红色"), (-5, 5), (0.85, 1), (0.75, 1)),
    "orange": Colour(Word("orange", "橙色"), (25, 34), (0.9, 1), (0.95, 1)),
    "yellow": Colour(Word("yellow", "黄色"), (51, 59), (0.75, 1), (0.93, 1)),
    "green": Colour(Word("green", "绿色"), (100, 145), (0.6, 1), (0.45, 0.85)),
    "blue": Colour(Word("blue", "蓝色"), (208, 238), (0.75, 1), (0.65, 1)),
    "purple": Colour(Word("purple", "紫色"), (270, 290), (0.6, 0.95), (0.5, 0.8)),
    "pink": Colour(Word("pink", "粉色"), (322, 345), (0.35, 0.6), (0.96, 1)),
    "brown": Colour(Word("brown", "棕色"), (18, 28), (0.6, 0.8), (0.38, 0.55)),
    "black": Colour(Word("black", "黑色"), (0, 360), (0, 0.2), (0, 0.1)),
    "white": Colour(Word("white", "白色"), (0, 360), (0, 0.02), (0.97, 1)),
    "gray": Colour(Word("gray", "灰色"), (0, 360), (0, 0.04), (0.45, 0.62)),
}


@dataclass(frozen=True)
class Noun:
    """A countable thing: English singular and plural, Chinese."""

    en: str
    plural: str
    zh: str


SHAPES: dict[str, Noun] = {
    "circle": Noun("circle", "circles", "圆形"),
    "square": Noun("square", "squares", "正方形"),
    "triangle": Noun("triangle", "triangles", "三角形"),
    "star": Noun("star", "stars", "五角星"),
    "heart": Noun("heart", "hearts", "心形"),
    "diamond": Noun("diamond", "diamonds", "菱形"),
    "cross": Noun("cross", "crosses", "十字形"),
    "ring": Noun("ring", "rings", "圆环"),
    "rectangle": Noun("rectangle", "rectangles", "长方形"),
    "oval": Noun("oval", "ovals", "椭圆形"),
    "pentagon": Noun("pentagon", "pentagons", "五边形"),
    "hexagon": Noun("hexagon", "hexagons", "六边形"),
}

ANY_SHAPE = Noun("shape", "shapes", "形状")
ANY_ONE = Noun("one", "ones", "那个")

SIZES: dict[str, Word] = {"small": Word("small", "小"), "medium": Word("medium", "中等"), "large": Word("large", "大")}

PLACES: dict[tuple[int, int], Word] = {
    (0, 0): Word("top left", "左上角"),
    (1, 0): Word("top", "上方"),
    (2, 0): Word("top right", "右上角"),
    (0, 1): Word("left", "左边"),
    (1, 1): Word("centre", "中间"),
    (2, 1): Word("right", "右边"),
    (0, 2): Word("bottom left", "左下角"),
    (1, 2): Word("bottom", "下方"),
    (2, 2): Word("bottom right", "右下角"),
}
"""Ninths of the picture by (column, row)."""


def phrase(noun: Noun, colour: str = "", size: str = "", *, article: str = "", plural: bool = False) -> Word:
    """Return "the large red circle" and "大的红色圆形": what is given, in that order.

    An `article` of "a" turns to "an" where it must and to 一个 in Chinese; "the" has no Chinese word.
    """
    words = [word for word in (size, colour, noun.plural if plural else noun.en) if word]
    if article:
        words.insert(0, "an" if article == "a" and words[0][0] in "aeiou" else article)
    parts = ["一个"] if article == "a" else []
    if size:
        parts.append(SIZES[size].zh + "的")
    if colour:
        parts.append(COLOURS[colour].word.zh)
    if colour and noun in (ANY_SHAPE, ANY_ONE):
        parts.append("的")
    return Word(" ".join(words), "".join([*parts, noun.zh]))
