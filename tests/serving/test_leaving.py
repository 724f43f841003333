"""What a request costs others: one that is left while it is prepared, and one whose form takes long to compile."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from sensorium.chat.message import Text
from sensorium.core.errors import UsageError
from sensorium.engine.forms import Form
from sensorium.engine.sampling import Sampling
from sensorium.engine.trial import Trial
from sensorium.serving.backend import PREPARING, Asked, EngineAnswers, Poll
from sensorium.serving.drafts import Decoder, Draft
from sensorium.serving.fetch import Fetcher
from sensorium.serving.limits import ServerLimits
from sensorium.serving.shelf import look_at, open_here

LIMITS = ServerLimits()
TALK = (Draft("user", (Text("What?"),)),)
LONG = Asked(TALK, Sampling(40))
SHORT = Asked(TALK, Sampling(2))
POLL = Poll(TALK, ((Text("Which?"),),), ((("a",), ("b",)),))


@pytest.fixture
def answers(tiny_model: Path) -> Iterator[EngineAnswers]:
    model = open_here(look_at([str(tiny_model)])[0], Decoder(LIMITS, Fetcher((), LIMITS)), waiting=16)
    yield model
    asyncio.run(model.close())


async def answered(model: EngineAnswers, asked: Asked) -> int:
    return len([piece async for piece in model.stream(asked)])


async def decided(model: EngineAnswers) -> int:
    return len([decision async for decision in model.decide(POLL)])


class Held:
    """A function that waits until it may go on."""

    def __init__(self, inner: Callable[..., object]) -> None:
        self._inner = inner
        self.begun, self.going, self.ended = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, *given: object) -> object:
        self.begun.set()
        assert self.going.wait(30)
        try:
            return self._inner(*given)
        finally:
            self.ended.set()


async def reached(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, 30)


@pytest.mark.parametrize("ask", [lambda model: answered(model, LONG), decided], ids=["answers", "decisions"])
def test_who_leaves_while_a_talk_is_prepared_is_not_answered(
    answers: EngineAnswers, monkeypatch: pytest.MonkeyPatch, ask: Callable[[EngineAnswers], Awaitable[int]]
) -> None:
    engine = answers._thread._engine
    held = Held(engine.enqueue)
    steps: list[int] = []
    inner = engine.step

    def step() -> bool:
        steps.append(engine.active)
        return bool(inner())

    async def scenario() -> None:
        task = asyncio.ensure_future(ask(answers))
        await reached(held.begun)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        monkeypatch.setattr(engine, "step", step)
        held.going.set()
        await reached(held.ended)
        for _ in range(500):
            if not engine._jobs and steps:
                break
            await asyncio.sleep(0.01)
        assert (engine.active, engine.waiting, engine._jobs) == (0, 0, {})
        assert len(steps) < 10  # and not the forty of the answer

    monkeypatch.setattr(engine, "enqueue", held)
    asyncio.run(scenario())


def test_forms_that_take_long_hold_up_nobody(answers: EngineAnswers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though more of them wait, and were left, than there are places to prepare talks."""
    pytest.importorskip("llguidance")
    known = Form.choices("a", "b")
    tried: list[Form] = []

    def fault(form: Form) -> str:
        tried.append(form)
        return "regex: is slow. Give a simpler or a correct one."

    held = Held(fault)

    async def scenario() -> None:
        assert await answered(answers, Asked(TALK, Sampling(40), form=known)) > 0
        monkeypatch.setattr(Trial, "fault", lambda _, form: held(form))
        slow = [Asked(TALK, Sampling(2), form=Form.regex("a" * each)) for each in range(1, PREPARING + 4)]
        tasks = [asyncio.ensure_future(answered(answers, each)) for each in slow]
        await reached(held.begun)
        tasks[0].cancel()
        tasks[1].cancel()
        assert await asyncio.wait_for(answered(answers, SHORT), 20) > 0
        assert await asyncio.wait_for(answered(answers, Asked(TALK, Sampling(40), form=known)), 20) > 0
        assert tried == []  # one is being tried, though who asked for it has left
        held.going.set()
        for task in tasks[2:]:
            with pytest.raises(UsageError, match="is slow"):
                await task
        assert tried == [slow[0].form, *(each.form for each in slow[2:])]
        with pytest.raises(UsageError, match="is slow"):
            await answered(answers, slow[0])
        assert len(tried) == len(slow) - 1  # it is remembered

    asyncio.run(scenario())
