"""Work in turn, in one thread: bounded, left at once, and never the end of the thread."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from sensorium.core.errors import EngineError, InputError
from sensorium.serving.faults import Refusal
from sensorium.serving.worker import Worker


def test_results_and_errors_come_back_and_one_thread_does_all() -> None:
    async def scenario() -> None:
        worker = Worker(waiting=4)
        names = [await worker.run(lambda: threading.current_thread().name) for _ in range(3)]
        assert len(set(names)) == 1
        assert names[0] != threading.current_thread().name
        with pytest.raises(InputError, match="yours"):
            await worker.run(lambda: _raise(InputError("yours")))
        with pytest.raises(EngineError, match="ValueError: ours"):
            await worker.run(lambda: _raise(ValueError("ours")))
        assert await worker.run(lambda: 5) == 5
        assert worker.count == 0
        worker.stop()

    asyncio.run(scenario())


def _raise(error: Exception) -> None:
    raise error


def test_items_come_as_they_are_made_and_errors_behind_them() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("third")

    async def scenario() -> None:
        worker = Worker(waiting=4)
        made = worker.stream(items)
        assert [await anext(made), await anext(made)] == [1, 2]
        with pytest.raises(EngineError, match="third"):
            await anext(made)
        worker.stop()

    asyncio.run(scenario())


def test_what_is_left_ends_at_its_next_item() -> None:
    made: list[int] = []
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            for number in range(10**9):
                made.append(number)
                yield number
        finally:
            closed.set()

    async def scenario() -> None:
        worker = Worker(waiting=4)
        async with aclosing(worker.stream(endless)) as items:
            async for item in items:
                if item == 2:
                    break
        await asyncio.wait_for(worker.run(lambda: None), 5)
        assert worker.count == 0
        worker.stop()

    asyncio.run(scenario())
    assert closed.wait(5)
    assert len(made) < 10**6


def test_too_much_is_sent_away_with_a_time_to_come_back() -> None:
    async def scenario() -> None:
        worker = Worker(waiting=1)
        go = threading.Event()
        running = asyncio.ensure_future(worker.run(lambda: go.wait(10)))
        waiting = asyncio.ensure_future(worker.run(lambda: 7))
        await asyncio.sleep(0.05)
        with pytest.raises(Refusal) as caught:
            await worker.run(lambda: 8)
        assert caught.value.kind == "busy"
        assert caught.value.wait is not None
        assert not worker.moves(0.01)
        go.set()
        assert await running
        assert await waiting == 7
        assert worker.moves(0.0)
        worker.stop()

    asyncio.run(scenario())


def test_after_its_end_all_are_told_so() -> None:
    async def scenario() -> None:
        worker = Worker(waiting=4)
        go = threading.Event()

        def slow() -> Iterator[int]:
            yield 1
            go.wait(10)
            yield 2

        items = worker.stream(slow)
        assert await anext(items) == 1
        waiting = asyncio.ensure_future(worker.run(lambda: 7))
        await asyncio.sleep(0.05)
        worker.stop()
        go.set()
        with pytest.raises(Refusal, match="stopping"):
            assert [await anext(items), await anext(items)]
        with pytest.raises(Refusal, match="stopping"):
            await waiting
        with pytest.raises(Refusal, match="stopping"):
            await worker.run(lambda: 8)

    asyncio.run(scenario())
