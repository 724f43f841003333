"""Boxes in answers, in the user's pixels; what is no whole box is left out."""

import numpy as np
import pytest

from sensorium.chat.places import Box
from sensorium.inputs.batching import Item
from sensorium.media.types import Image
from sensorium.models.paligemma.places import find_boxes, places

SIZE = (512, 2048)  # height, width


def test_boxes_with_their_names() -> None:
    text = "<loc0000><loc0512><loc0512><loc1023> a black cat ; <loc0002><loc0004><loc0006><loc0008> dog"
    assert find_boxes(text, SIZE) == [Box(1024.0, 0.0, 2046.0, 256.0, "a black cat"), Box(8.0, 1.0, 16.0, 3.0, "dog")]


def test_tokens_of_masks_are_left_out() -> None:
    text = "<loc0002><loc0004><loc0006><loc0008>" + "<seg012>" * 16 + " cat\n"
    assert find_boxes(text, SIZE) == [Box(8.0, 1.0, 16.0, 3.0, "cat")]


def test_corners_are_put_in_order_and_kept_within_the_picture() -> None:
    assert find_boxes("<loc0512><loc9999><loc0000><loc0512>", SIZE) == [Box(1024.0, 0.0, 2048.0, 256.0)]


@pytest.mark.parametrize("text", ["no cat", "", "<loc0001><loc0002><loc0003>", "<loc1><loc2><loc3><loc4> cat"])
def test_what_is_no_box_gives_none(text: str) -> None:
    assert find_boxes(text, SIZE) == []


def test_an_answer_that_was_cut_off_keeps_what_is_whole() -> None:
    assert len(find_boxes("<loc0002><loc0004><loc0006><loc0008> cat ; <loc0002><loc0004>", SIZE)) == 1


def test_places_are_in_the_picture_of_the_user() -> None:
    item = Item("image", np.zeros((1, 3, 42, 42), np.float32), 9, size=SIZE)
    picture = Image(np.zeros((*SIZE, 3), np.uint8))
    assert places("<loc0002><loc0004><loc0006><loc0008> cat", picture, item) == (Box(8.0, 1.0, 16.0, 3.0, "cat"),)
