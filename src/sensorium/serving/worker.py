"""The one thread that computes, and the bounded queue before it.

All models share it: the switch between ways to multiply (nn/linear.py) belongs to the process, and two cores gain
nothing from two answers at once. A request that was left is forgotten at its next token.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from time import monotonic
from typing import TypeVar

from sensorium.core.errors import EngineError, SensoriumError
from sensorium.serving.faults import LEAST_WAIT, busy, stopping

T = TypeVar("T")


class Worker:
    """Runs work in turn, oldest first."""

    def __init__(self, *, waiting: int) -> None:
        """Build. Args: waiting: how much work may wait; more is sent away."""
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sensorium-compute")
        self._most = waiting + 1
        self._count = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._moved = monotonic()
        self._typical = LEAST_WAIT  # seconds of one piece of work

    @property
    def count(self) -> int:
        """Work that waits or is done."""
        return self._count

    async def run(self, work: Callable[[], T]) -> T:
        """The result of `work`. Raises: Refusal when the queue is full; whatever it raises, foreign errors as ours."""
        future = self._submit(work)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError as error:
            if self._stopped.is_set() and future.cancelled():  # by our end, not by whoever waits
                raise stopping() from error
            raise

    async def stream(self, make: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
        """What an iterator gives, each item as soon as it is made. Raises: as `run`."""
        loop = asyncio.get_running_loop()
        made: asyncio.Queue[tuple[T] | None] = asyncio.Queue()
        left = threading.Event()

        def tell(item: tuple[T] | None) -> None:
            with suppress(RuntimeError):  # of a loop that is closed: nobody listens
                loop.call_soon_threadsafe(made.put_nowait, item)

        def work() -> None:
            for item in make():
                self._moved = monotonic()
                tell((item,))
                if left.is_set():
                    return
                if self._stopped.is_set():
                    raise stopping()

        future = self._submit(work)
        future.add_done_callback(lambda _: tell(None))
        try:
            while (item := await made.get()) is not None:
                yield item[0]
            _check(future)
        finally:
            left.set()
            future.cancel()

    def moves(self, within: float) -> bool:
        """Whether nothing waits, or something was made in the last `within` seconds."""
        return self._count == 0 or monotonic() - self._moved < within

    def stop(self) -> None:
        """End what is done at its next token, and forget what waits."""
        self._stopped.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _submit(self, work: Callable[[], T]) -> "Future[T]":
        with self._lock:
            if self._stopped.is_set():
                raise stopping()
            if self._count >= self._most:
                raise busy(self._count, self._typical * self._count / 2)
            if self._count == 0:
                self._moved = monotonic()
            self._count += 1
        future = self._pool.submit(self._guarded, work)
        future.add_done_callback(self._done)
        return future

    def _guarded(self, work: Callable[[], T]) -> T:
        began = self._moved = monotonic()
        try:
            return work()
        except SensoriumError:
            raise
        except Exception as error:  # what a model's code raises ends its request alone
            raise EngineError(f"The model failed: {type(error).__name__}: {error}. Look into the log.") from error
        finally:
            self._moved = monotonic()
            self._typical += 0.1 * (self._moved - began - self._typical)

    def _done(self, _: "Future[T]") -> None:
        with self._lock:
            self._count -= 1


def _check(future: "Future[None]") -> None:
    try:
        future.result()
    except CancelledError as error:
        raise stopping() from error
