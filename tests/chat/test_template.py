"""The template of `nano`: order of pieces, and a talk rendered whole or message by message."""

import numpy as np
import pytest

from sensorium.chat.message import Message, Text, assistant, user
from sensorium.chat.template import Piece, Slot, Special, Words, render
from sensorium.media.types import AudioClip, Image, VideoClip

IMAGE = Image(np.zeros((4, 4, 3), np.uint8))
SOUND = AudioClip(np.zeros(8, np.float32))
FILM = VideoClip(np.zeros((1, 4, 4, 3), np.uint8), np.zeros(1), 1.0, sound=SOUND)
TALK = [
    Message("system", (Text("Be brief."),)),
    user(IMAGE, "What is this?"),
    assistant("a boot"),
    user(FILM, "And this?"),
    assistant("a car"),
]


def shown(pieces: list[Piece]) -> list[str]:
    """Pieces as one would write them down."""
    texts = []
    for piece in pieces:
        match piece:
            case Special(token, answer):
                texts.append(token + "!" * answer)
            case Words(text, answer):
                texts.append(text.text + "!" * answer)
            case Slot(media):
                texts.append(media.modality)
    return texts


def test_a_question_with_a_picture() -> None:
    assert shown(list(render(TALK[1:2], ask=True))) == [
        *("<|user|>", "image", "<|close|>", "What is this?", "<|end|>", "<|assistant|>")
    ]


def test_only_answers_and_their_ends_are_learnt() -> None:
    learnt = [each for each in shown(list(render(TALK, ask=True))) if each.endswith("!")]
    assert learnt == ["a boot!", "<|end|>!", "a car!", "<|end|>!"]


def test_a_film_with_sound_has_two_slots() -> None:
    assert shown(list(render([user(FILM)], ask=False))) == [
        *("<|user|>", "video", "<|close|>", "audio", "<|close|>", "<|end|>")
    ]


@pytest.mark.parametrize("count", range(len(TALK) + 1))
def test_message_by_message_is_as_whole(count: int) -> None:
    parts = [piece for message in TALK[:count] for piece in render([message], ask=False)]
    whole = list(render(TALK[:count], ask=True))
    assert shown(parts) == shown(whole[:-1])
    assert whole[-1] == Special("<|assistant|>")
