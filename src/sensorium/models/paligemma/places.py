"""Boxes in PaliGemma's answers, in pixels of the user's picture.

    <loc0210><loc0040><loc0811><loc0957> cat ; <loc0102><loc0512><loc0400><loc0760> dog

Top, left, bottom, right, in 1024ths of the picture's sides. Answers to "segment" have tokens of a mask behind each box,
which only a network of its own can draw: they are left out.
"""

import re

from sensorium.chat.places import Box
from sensorium.inputs.batching import Item
from sensorium.media.types import Media
from sensorium.models.places import box_at

_BOX = re.compile(r"<loc(\d{4})>" * 4 + r"(?:<seg\d{3}>)*([^;<>\n]*)")


def find_boxes(text: str, size: tuple[int, int]) -> list[Box]:
    """Boxes in an answer, in their order, within the user's picture of this (height, width)."""
    found = []
    for match in _BOX.finditer(text):
        top, left, bottom, right = (int(number) / 1024 for number in match.groups()[:4])
        found.append(box_at((left, top, right, bottom), size, match[5].strip()))
    return found


def places(text: str, medium: Media, item: Item) -> tuple[Box, ...]:
    """As `models.answerer.FindsPlaces`."""
    return () if item.size is None else tuple(find_boxes(text, item.size))
