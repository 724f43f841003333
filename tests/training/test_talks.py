"""What is learnt of a talk is its answers, each with its end, whatever the chat template looks like."""

from pathlib import Path

import numpy as np
import pytest
from tests.models.text.folders import write

from sensorium.chat.message import Message, assistant, user
from sensorium.inputs.batching import Talk
from sensorium.media.types import Image, Media
from sensorium.models.answerer import Answerer
from sensorium.models.catalog import FAMILIES
from sensorium.training.talks import AnswerFinder, Remembering, find_answers

TALK = [user("Which colour?"), assistant("dark red"), user("And now?"), assistant("blue")]


def said(finder: AnswerFinder, model: Answerer, talk: Talk) -> list[str]:
    """The learnt stretches of a talk, as text without the tokens that end them."""
    texts: list[str] = []
    before = 0.0
    for token, weight in zip(talk.ids, talk.weights, strict=True):
        if weight and not before:
            texts.append("")
        if weight and token not in finder.stops:
            texts[-1] += model.tokenizer.decode([token])
        before = weight
    return [text.strip() for text in texts]


@pytest.mark.parametrize("name", ["smollm2", "tinyllama", "gemma2"])
def test_answers_are_found_with_their_ends(tmp_path: Path, name: str) -> None:
    model = FAMILIES.resolve("text")(write(tmp_path / name, name))
    finder = find_answers(model.assembler, model.stops)
    talk = finder.talk(TALK, ask=False)
    assert said(finder, model, talk) == ["dark red", "blue"]
    learnt = [token for token, weight in zip(talk.ids, talk.weights, strict=True) if weight]
    assert sum(token in model.stops for token in learnt) == 2
    assert talk.ids[: len(talk.ids) - 1] == model.assembler.talk(TALK, ask=False).ids[: len(talk.ids) - 1]


def test_weights_are_those_of_the_answers(tmp_path: Path) -> None:
    model = FAMILIES.resolve("text")(write(tmp_path / "smollm2", "smollm2"))
    finder = find_answers(model.assembler, model.stops)
    assert {*finder.talk(TALK, ask=False, weights=[0.5, 2.0]).weights} == {0.0, 0.5, 2.0}
    assert {*finder.talk(TALK, ask=False, weights=[0.0]).weights} == {0.0, 1.0}
    batch = finder.training_batch([finder.talk(TALK, ask=False), finder.talk(TALK[:2], ask=False)])
    assert batch.inputs.present is None
    assert batch.weights.shape == batch.inputs.ids.shape
    assert batch.weights[1].sum() < batch.weights[0].sum()


class Open:
    """A template that leaves the last answer open, as that of LLaVA-1.5 does: ids are letters."""

    def talk(self, messages: list[Message], *, ask: bool) -> Talk:
        text = "".join(f"{message.role[0]}:{message.text} " for message in messages) + "a:" * ask
        return Talk([ord(letter) for letter in text], [], [])


def test_an_open_answer_is_ended() -> None:
    talk = AnswerFinder(Open(), frozenset({7, 9})).talk(TALK[:2], ask=False)  # type: ignore[arg-type]
    assert talk.ids[-1] == 7
    learnt = [token for token, weight in zip(talk.ids, talk.weights, strict=True) if weight]
    assert "".join(map(chr, learnt[:-1])) == "dark red "


def test_media_are_prepared_once_as_long_as_they_are_remembered() -> None:
    seen: list[Media] = []
    remembering = Remembering(seen.append)  # type: ignore[arg-type]
    media = [Image(np.zeros((2, 2, 3), np.uint8)) for _ in range(40)]
    for medium in [media[0], media[0], *media, media[-1]]:
        remembering(medium)
    assert seen == media
    remembering(media[0])
    assert len(seen) == 41
