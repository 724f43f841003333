"""One thread computes for many askers: threads and event loops, cancelling by leaving, closing, failures of its own."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from sensorium.chat.message import user
from sensorium.core.errors import EngineError
from sensorium.engine.engine import Engine
from sensorium.engine.model import Settings
from sensorium.engine.request import Cancelled, Request
from sensorium.engine.sampling import Sampling
from sensorium.engine.thread import EngineThread
from sensorium.runtime.parts import Parts

WAIT = 20.0


@pytest.fixture
def engine(tiny_parts: Parts) -> Engine:
    return Engine(replace(tiny_parts.model, stops=frozenset()), Settings(cache_bytes=1 << 20))


@pytest.fixture
def thread(engine: Engine) -> Iterator[EngineThread]:
    with EngineThread(engine) as running:
        yield running


@pytest.fixture
def ask(tiny_parts: Parts) -> Callable[..., Request]:
    def make(words: str, tokens: int = 8, **options: float) -> Request:
        assembler = tiny_parts.model.assembler
        inputs = assembler.batch([assembler.talk([user(words)], ask=True)])
        return Request(inputs, Sampling(max_tokens=tokens), **options)  # type: ignore[arg-type]

    return make


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not true():
        if time.monotonic() > end:
            pytest.fail("waited too long")
        time.sleep(0.002)


def test_many_threads_ask_at_once(engine: Engine, thread: EngineThread, ask: Callable[..., Request]) -> None:
    questions = ["What?", "Which?", "How many?", "Why?"]
    found: dict[str, list[int]] = {}

    def work(words: str) -> None:
        found[words] = [event.id for event in thread.submit(ask(words))]

    askers = [threading.Thread(target=work, args=(words,)) for words in questions]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(WAIT)
    alone = Engine(engine._model, engine.settings)
    assert found == {words: [event.id for event in alone.submit(ask(words))] for words in questions}


def test_event_loops_read_beside_each_other(thread: EngineThread, ask: Callable[..., Request]) -> None:
    async def read(words: str) -> tuple[str, int]:
        stream = await thread.stream(ask(words))
        return "".join([event.text async for event in stream]), stream.handle.figures.completion_tokens

    async def both() -> tuple[tuple[str, int], tuple[str, int]]:
        return await asyncio.wait_for(asyncio.gather(read("What?"), read("Which?")), WAIT)

    for text, tokens in asyncio.run(both()):
        assert text
        assert tokens == 8


def test_who_stops_reading_cancels(engine: Engine, thread: EngineThread, ask: Callable[..., Request]) -> None:
    async def leave() -> None:
        events = aiter(await thread.stream(ask("What?", 200)))
        await anext(events)
        await events.aclose()  # type: ignore[attr-defined]

    asyncio.run(leave())
    until(lambda: engine.active == 0)


def test_errors_reach_the_loop(thread: EngineThread, ask: Callable[..., Request]) -> None:
    async def late() -> None:
        async for _ in await thread.stream(ask("What?", 200, seconds=0.0)):
            pass

    with pytest.raises(EngineError, match="not complete in time"):
        asyncio.run(late())


def test_a_loop_that_is_gone_hurts_nobody(engine: Engine, thread: EngineThread, ask: Callable[..., Request]) -> None:
    async def abandon() -> object:
        return await thread.stream(ask("What?", 100))

    stream = asyncio.run(abandon())
    until(lambda: engine.active == 0)
    assert stream is not None
    assert len(list(thread.submit(ask("Which?")))) == 8


def test_work_is_done_between_steps_by_the_thread(thread: EngineThread) -> None:
    assert thread.call(threading.current_thread).name == "sensorium-engine"
    with pytest.raises(ZeroDivisionError):
        thread.call(lambda: 1 // 0)
    assert thread.alive


def test_closing_ends_all_requests(engine: Engine, ask: Callable[..., Request]) -> None:
    thread = EngineThread(engine)
    handles = [thread.submit(ask(words, 200)) for words in ("What?", "Which?")]
    thread.close()
    thread.close()
    for handle in handles:
        with pytest.raises(Cancelled, match=r"closed|cancelled"):
            list(handle)
    assert not thread.alive
    with pytest.raises(EngineError, match="The engine is closed"):
        thread.submit(ask("Why?"))
    with pytest.raises(EngineError, match="The engine is closed"):
        thread.call(int)


def test_an_engine_that_fails_tells_all(
    engine: Engine, ask: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    class OddError(Exception):
        pass

    def fail(*_: object) -> None:
        raise OddError("not foreseen")

    told: list[object] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    monkeypatch.setattr(engine, "_prepare", fail)
    thread = EngineThread(engine)
    with pytest.raises(EngineError, match=r"The engine failed \(OddError: not foreseen\)"):
        list(thread.submit(ask("What?")))
    thread.close()
    assert (thread.alive, len(told)) == (False, 1)
