"""How a thing is spoken of when it is looked for, and what is its opposite."""

import re
from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from sensorium.data.phrasing import Word
from sensorium.data.synthetic.draws import one_of

CHINESE = 0.2
"""Share of words in Chinese."""

SHOWN = (
    *("{}",) * 6, "a photo of {}", "a picture of {}", "This is a photo of {}.", "an image of {}", "This is {}.",
    "a small picture of {}", "{} in a picture",
)  # fmt: skip
SHOWN_ZH = ("{}", "{}", "{}的照片", "一张{}的图片")
HEARD = (
    *("{}",) * 6, "the sound of {}", "a recording of {}", "This is the sound of {}.", "I hear {}.", "This is {}.",
)  # fmt: skip
HEARD_ZH = ("{}", "{}", "{}的声音", "一段{}的录音")
FILMED = (
    *("{}",) * 8, "a video of {}", "a clip of {}", "This is a video of {}.", "In the video, {}.", "This is {}.",
)  # fmt: skip
FILMED_ZH = ("{}", "{}", "{}的视频")

_OPPOSITES = (
    ("left", "right"), ("up", "down"), ("above", "below"), ("appears", "disappears"), ("growing", "shrinking"),
    ("together", "apart"), ("rising", "falling"), ("high", "low"), ("louder", "quieter"), ("long", "short"),
    ("higher", "lower"), ("beginning", "end"), ("still", "moving"), ("once", "twice"),
    ("faster", "slower"), ("small", "large"), ("first", "last"),
)  # fmt: skip
OPPOSITE = MappingProxyType({one: two for pair in _OPPOSITES for one, two in (pair, pair[::-1])})
_KNOWN = re.compile(r"\b(" + "|".join(OPPOSITE) + r")\b")


def say(rng: np.random.Generator, things: Sequence[Word], english: Sequence[str], chinese: Sequence[str]) -> str:
    """One of the names of a thing in one of the sentences of its language; a name has "{}" for none."""
    thing = one_of(rng, things)
    if rng.random() < CHINESE:
        return one_of(rng, chinese).replace("{}", thing.zh)
    return one_of(rng, english).replace("{}", thing.en)


def opposite(words: str) -> str:
    """Words with the first one that has an opposite turned into that; "" where none has."""
    turned = _KNOWN.sub(lambda found: OPPOSITE[found[0]], words, count=1)
    return turned if turned != words else ""
