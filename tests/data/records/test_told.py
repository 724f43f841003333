"""A told sample keeps its talk, and cutting its turns cuts the talk."""

from dataclasses import replace

from sensorium.chat.message import Message, Text, assistant, user
from sensorium.data.mixture import messages, weights
from sensorium.data.records.told import tell

TALK = [
    Message("system", (Text("Be short."),)),
    *(user("What?"), assistant("a boot")),
    *(user("颜色？"), assistant("棕色")),
]


def test_the_talk_as_it_was() -> None:
    told = tell(TALK, domain="boots", source="a.json, record 1")
    assert messages(told) == TALK
    assert [(turn.question, turn.answer, turn.language) for turn in told.turns] == [
        *(("What?", "a boot", "en"), ("颜色？", "棕色", "zh"))
    ]
    assert list(weights(told)) == [1.0, 1.0]


def test_fewer_turns_are_a_shorter_talk() -> None:
    told = tell(TALK, domain="boots", source="")
    assert messages(replace(told, turns=told.turns[:1])) == TALK[:3]
