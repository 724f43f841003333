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
    assert (str(answer), answer.confidence, answer.sure, answer.notices) == ("a boot", None, True, ())
    assert assistant("abc", spelled=True).parts == (Text("abc", spelled=True),)
