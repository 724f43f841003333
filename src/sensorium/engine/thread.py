"""The one thread that computes, for servers: requests come from any thread or event loop, events go back to it."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TypeVar

from sensorium.core.errors import EngineError
from sensorium.engine.engine import Engine
from sensorium.engine.generate import TokenEvent
from sensorium.engine.request import Handle, Request, Tell

R = TypeVar("R")

CLOSED = "The engine is closed; expected one that runs. Start it again."


class EngineThread:
    """Runs an engine until it is closed; use it in a `with` block, or call `close`."""

    def __init__(self, engine: Engine) -> None:
        """Begin. Args: engine: nobody else may call its `step` from now on."""
        self._engine = engine
        self._work: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._wake = threading.Event()
        self._gate = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="sensorium-engine", daemon=True)
        self._thread.start()

    def __enter__(self) -> "EngineThread":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether requests are computed."""
        return self._thread.is_alive() and not self._closed

    def submit(self, request: Request, tell: Tell | None = None) -> Handle:
        """Put a request into the queue; iterate over the handle, or be told. Raises: as `Engine.submit`."""
        self._check()
        handle = self._engine.enqueue(request, tell, None)
        if self._closed:  # meanwhile: the thread may not have seen it
            handle.end(EngineError(CLOSED))
        self._wake.set()
        return handle

    async def stream(self, request: Request) -> "Stream":
        """The same for an event loop, which is not held up. Raises: as `Engine.submit`."""
        loop = asyncio.get_running_loop()
        events: asyncio.Queue[TokenEvent | None] = asyncio.Queue()

        def tell(event: TokenEvent | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(events.put_nowait, event)

        return Stream(await asyncio.to_thread(self.submit, request, tell), events)

    def call(self, function: Callable[[], R]) -> R:
        """Have something done between two steps by the thread that computes, such as saving a talk.

        Raises: what the function raises; EngineError when the engine is closed.
        """
        done: Future[R] = Future()
        with self._gate:
            self._check()
            self._work.put(lambda: _settle(done, function))
        self._wake.set()
        return done.result()

    def close(self) -> None:
        """End all requests with `Cancelled`, and the thread once its step is done. Again changes nothing."""
        with self._gate:
            self._closed = True
        self._wake.set()
        self._thread.join()

    def _check(self) -> None:
        if self._closed:
            raise EngineError(CLOSED)

    def _run(self) -> None:
        try:
            while not self._closed:
                self._wake.clear()
                worked = self._call_next()
                if not self._engine.step() and not worked:
                    self._wake.wait()
            self._engine.close()
        except BaseException as error:
            with self._gate:
                self._closed = True
            self._engine.close(EngineError(f"The engine failed ({type(error).__name__}: {error}). Start it again."))
            raise
        finally:
            while self._call_next():
                pass

    def _call_next(self) -> bool:
        """Do one of the things that were asked for. Returns: whether there was one."""
        try:
            work = self._work.get_nowait()
        except Empty:
            return False
        work()
        return True


class Stream:
    """Events for an event loop. `handle` has the figures; who stops reading, by whatever way, cancels the request."""

    def __init__(self, handle: Handle, events: "asyncio.Queue[TokenEvent | None]") -> None:
        self.handle = handle
        self._events = events

    async def __aiter__(self) -> AsyncIterator[TokenEvent]:
        """Events as they come. Raises: what the request ended with, once all events are read."""
        try:
            while (event := await self._events.get()) is not None:
                yield event
        finally:
            self.handle.cancel()
        if self.handle.error is not None:
            raise self.handle.error


def _settle(done: Future[R], function: Callable[[], R]) -> None:
    try:
        done.set_result(function())
    except BaseException as error:
        done.set_exception(error)
        if not isinstance(error, Exception):
            raise
