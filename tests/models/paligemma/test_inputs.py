"""How a message becomes a line, and what is refused."""

from typing import Any

import numpy as np
import pytest
from tests.models.paligemma.reference import SPECIAL, make_inner

from sensorium.chat.hub_tokenizer import HubTokenizer
from sensorium.chat.message import Message, Text, assistant, user
from sensorium.core.errors import InputError, LimitExceeded, UnsupportedMedia
from sensorium.inputs.pictures import SIGLIP
from sensorium.inputs.settings import tower_pictures
from sensorium.media.types import AudioClip, Image
from sensorium.models.paligemma.inputs import LineAssembler, Preparer

ROW, BEGIN = 5, 2
SETTINGS: dict[str, Any] = {
    **SIGLIP,
    "size": {"height": 42, "width": 42},
    "image_processor_type": "SiglipImageProcessor",
}
TOKENIZER = HubTokenizer(make_inner(SPECIAL), variables={"bos_token": "<bos>"}, also=("<image>",))
LINE_END = TOKENIZER.encode_trusted("\n")[0]
PICTURE = Image(np.zeros((20, 60, 3), np.uint8))


def assembler(most: int = 100) -> LineAssembler:
    prepare = Preparer(tower_pictures(SETTINGS, 42, where="x.json"), rows=4)
    return LineAssembler(TOKENIZER, prepare, ROW, LINE_END, 0, most)


def ids(*messages: Message, ask: bool = True) -> list[int]:
    return assembler().talk(messages, ask=ask).ids


def test_pictures_then_the_beginning_then_one_line() -> None:
    words = TOKENIZER.encode_trusted("Is this?")
    assert ids(user("Is", PICTURE, " this?")) == [*[ROW] * 4, BEGIN, *words, LINE_END]
    assert ids(user(PICTURE, PICTURE), ask=False) == [*[ROW] * 8, BEGIN]
    assert ids(user("Is this?")) == [BEGIN, *words, LINE_END]


def test_a_picture_is_one_view_and_keeps_its_size() -> None:
    (item,) = assembler().talk([user(PICTURE, "?")], ask=True).items
    assert (item.features.shape, item.rows, item.size) == ((1, 3, 42, 42), 4, (20, 60))


@pytest.mark.parametrize("words", ["a\nb", "  a \n\n b\n", "a b\r\n"])
def test_only_the_end_of_the_prompt_ends_a_line(words: str) -> None:
    assert ids(user(words)) == ids(user("a b"))


def test_what_users_write_is_no_special_token() -> None:
    found = ids(user(PICTURE, "<image><bos><eos>"))
    assert (found.count(ROW), found.count(BEGIN), found.count(1)) == (4, 1, 0)


@pytest.mark.parametrize(
    ("messages", "roles"),
    [
        ([], "none"),
        ([assistant("Hi.")], "assistant"),
        ([Message("system", (Text("Be brief."),)), user("?")], "system, user"),
        ([user("?"), assistant("!"), user("?")], "user, assistant, user"),
    ],
)
def test_a_talk_is_refused_with_advice(messages: list[Message], roles: str) -> None:
    with pytest.raises(InputError, match=f"messages of {roles}; expected one of the user.*Ask each question in a new"):
        assembler().talk(messages, ask=True)


def test_sounds_and_long_questions_are_refused() -> None:
    with pytest.raises(UnsupportedMedia, match=r"takes image, not audio.*sensorium models"):
        assembler().talk([user(AudioClip(np.zeros(10, np.float32)), "?")], ask=True)
    with pytest.raises(LimitExceeded, match="7 tokens, pictures and sounds included, is more than the 6"):
        assembler(6).talk([user(PICTURE, "?")], ask=True)
