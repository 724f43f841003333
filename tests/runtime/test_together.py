"""Talks beside each other: the answers of `ask`, what is judged of them, errors of their own."""

import numpy as np
import pytest

import sensorium
from sensorium.chat.message import Message, user
from sensorium.core.errors import LimitExceeded
from sensorium.engine.sampling import Sampling
from sensorium.media.types import AudioClip, Image
from sensorium.runtime import together as module
from sensorium.runtime.local import LocalModel
from sensorium.runtime.together import LEAST_ROOM, Pending, Together, room_for


@pytest.fixture(scope="module")
def local() -> LocalModel:
    model = sensorium.load()
    assert isinstance(model, LocalModel)
    return model


def picture(seed: int) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (60, 50, 3), np.uint8), f"picture {seed}")


def run(together: Together, pending: list[Pending]) -> None:
    while not all(each.done for each in pending):
        assert together.step()


def test_answers_are_those_of_ask_with_all_that_is_said_of_them(local: LocalModel) -> None:
    sound = AudioClip(np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32), source="hum")
    asked = [(picture(0), "What is this?"), ("What is this?",), (sound, "What is heard?"), (picture(1), "什么?")]
    together = Together(local.parts, most=3)
    pending = [together.ask([user(*parts)], Sampling(max_tokens=8)) for parts in asked]
    run(together, pending)
    for (*media, words), each in zip(asked, pending, strict=True):
        alone, found = local.ask(str(words), *media, max_tokens=8), each.answer()
        assert found.text == alone.text
        assert found.confidence == pytest.approx(alone.confidence, abs=1e-4)  # prompts are taken in pieces here
        assert (found.sure, found.finish_reason) == (alone.sure, alone.finish_reason)
        assert (found.usage, found.notices, found.model) == (alone.usage, alone.notices, alone.model)
        assert 0 < found.timings.first_token <= found.timings.total
    assert any(each.answer().notices for each in pending)


def test_an_answer_has_no_more_tokens_than_there_is_room_for(local: LocalModel) -> None:
    together = Together(local.parts, most=1)
    talk: list[Message] = [user("a " * (local.parts.model.max_tokens - 40) + "?")]
    pending = together.ask(talk, Sampling(max_tokens=10_000))
    run(together, [pending])
    usage = pending.answer().usage
    assert usage.prompt_tokens + usage.completion_tokens <= local.parts.model.max_tokens
    with pytest.raises(LimitExceeded, match="or begin a new talk"):
        together.ask([user("a " * local.parts.model.max_tokens)], Sampling())


def test_room_is_for_all_but_leaves_memory(local: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_ROOM", 1)
    monkeypatch.setattr(module, "available", lambda: None)
    whole = room_for(local.parts, 8)
    assert whole == 8 * room_for(local.parts, 1)
    monkeypatch.setattr(module, "available", lambda: whole)
    assert room_for(local.parts, 8) == whole // 4
    assert LEAST_ROOM > 1
