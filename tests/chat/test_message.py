"""Messages join their texts and list their media in order; an answer is a message too."""

import numpy as np

from sensorium.chat.message import Answer, Message, Text, assistant, user
from sensorium.media.types import Image

IMAGES = [Image(np.zeros((1, 1, 3), np.uint8), name) for name in "ab"]


def test_parts_keep_their_order() -> None:
    message = user(IMAGES[0], "first ", Text("second"), IMAGES[1])
    assert (message.role, message.text) == ("user", "first second")
    assert [each.source for each in message.media] == ["a", "b"]


def test_an_answer_is_a_message_of_the_assistant() -> None:
    answer = Answer("assistant", (Text("a boot"),))
    assert isinstance(answer, Message)
    assert (str(answer), answer.confidence, answer.sure) == ("a boot", None, None)
    assert (answer.notices, answer.places) == ((), ())
    assert assistant("abc", spelled=True).parts == (Text("abc", spelled=True),)


def test_what_a_prompt_shows_is_short() -> None:
    assert repr(user(IMAGES[0], "What?")) == "Message(user: image a, 'What?')"
    assert repr(Answer("assistant", (Text("a boot"),), 0.957, True)) == "Answer('a boot', confidence=0.96, sure=True)"
    assert repr(Answer("assistant", ())) == "Answer('', confidence=None, sure=None)"
