"""A model in a process of its own: what kills it ends the answers that it was making, and no more.

Supervised ── start ──▶ process ── ready
    │  ◀── piece, piece, end ──      gone: every request is told so at once, a new process is started,
    │  ◀── beat, once a second ──    at most `MOST` times within `WINDOW` seconds
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from itertools import count
from time import monotonic
from typing import Any

from sensorium.core.config import to_dict
from sensorium.core.errors import EngineError, ModelError
from sensorium.runtime.deciding import Decision
from sensorium.serving.backend import Asked, Piece, Poll
from sensorium.serving.drafts import Draft
from sensorium.serving.faults import Refusal, stopping
from sensorium.serving.limits import ServerLimits
from sensorium.serving.log import tell
from sensorium.serving.shelf import Card
from sensorium.serving.wire import (
    asked_out,
    decision_in,
    drafts_out,
    event_in,
    fault_in,
    frame,
    poll_out,
    read_frame,
)

MOST = 5
WINDOW = 60.0
"""Seconds within which a process may die `MOST` times and still be started again."""

SILENCE = 20.0
"""Seconds without a sign of life after which a process is killed."""

MEMORY = {"MALLOC_ARENA_MAX": "1"}
"""One store of memory for all threads of a model's process, unless the operator says otherwise. With one for each
thread, as the C library has it, each grows to the most that its thread ever took at once, for days on end."""

Told = dict[str, Any]


class Supervised:
    """As `EngineAnswers`, in another process. Call `start` first."""

    def __init__(self, card: Card, limits: ServerLimits, media_hosts: Sequence[str]) -> None:
        """Args: card: of the model; limits, media_hosts: as of the server."""
        self.name = card.id
        self.max_tokens = 0
        self._start = frame(
            kind="start",
            card=[*card[:-1], str(card.folder)],
            limits=to_dict(limits),
            media_hosts=list(media_hosts),
        )
        self._process: Process | None = None
        self._ready = False
        self._closed = False
        self._given_up = False
        self._watching: asyncio.Task[None] | None = None
        self._pending: dict[int, asyncio.Queue[Told]] = {}
        self._numbers = count(1)
        self._deaths: deque[float] = deque(maxlen=MOST)
        self._spelled: dict[int, str] = {}
        self._moved = self._seen = monotonic()

    @property
    def running(self) -> int:
        """Requests that wait or are answered."""
        return len(self._pending)

    @property
    def pid(self) -> int | None:
        """Of the process; None while there is none."""
        return None if self._process is None else self._process.pid

    def moves(self, within: float) -> bool:
        """Whether it runs, and nothing waits or something was made lately."""
        return self._ready and (not self._pending or monotonic() - self._moved < within)

    def spell(self, id_: int) -> str:
        """The text of a token that was told."""
        return self._spelled.get(id_, "")

    async def start(self) -> None:
        """Begin. Raises: ModelError when the model cannot be loaded."""
        await self._begin()
        self._watching = asyncio.create_task(self._watch())

    async def count(self, drafts: Sequence[Draft]) -> int:
        """Tokens of a talk that is to be answered, media included. Raises: Refusal."""
        number, told = self._send(kind="count", drafts=drafts_out(drafts))
        try:
            return int(_checked(await told.get())["count"])
        finally:
            self._pending.pop(number, None)

    async def stream(self, asked: Asked) -> AsyncGenerator[Piece, None]:
        """Answers piece by piece. Raises: Refusal, whatever went wrong."""
        async with aclosing(self._telling(kind="stream", asked=asked_out(asked))) as telling:
            async for told in telling:
                self._spelled.update(told["spelled"])
                yield Piece(told["which"], event_in(told["event"]))

    async def decide(self, poll: Poll) -> AsyncGenerator[Decision, None]:
        """Decisions one by one. Raises: Refusal, whatever went wrong."""
        async with aclosing(self._telling(kind="decide", poll=poll_out(poll))) as telling:
            async for told in telling:
                yield decision_in(told["decision"])

    async def close(self) -> None:
        """End the process; whoever is still answered is told so."""
        self._closed = True
        self._ready = False
        self._fail(stopping())
        if self._watching is not None:
            self._watching.cancel()
        await self._kill()

    async def _telling(self, **told: Any) -> AsyncGenerator[Told, None]:
        """What the process says to a request, until its end; who stops listening ends the work. Raises: Refusal."""
        number, queue = self._send(**told)
        ended = False
        try:
            while True:
                try:
                    said = _checked(await queue.get())
                except Refusal:
                    ended = True
                    raise
                if said["kind"] == "end":
                    ended = True
                    return
                yield said
        finally:
            self._pending.pop(number, None)
            if not ended and self._ready:
                self._write(frame(kind="leave", number=number))

    def _send(self, **told: Any) -> tuple[int, "asyncio.Queue[Told]"]:
        if self._closed:
            raise stopping()
        if self._given_up:
            raise Refusal("unavailable", "The model's process ends again and again. Tell the operator.", wait=60.0)
        if not self._ready:
            raise _down()
        if not self._pending:
            self._moved = monotonic()
        number = next(self._numbers)
        data = frame(number=number, **told)
        queue: asyncio.Queue[Told] = asyncio.Queue()
        self._pending[number] = queue
        self._write(data)
        return number, queue

    def _write(self, data: bytes) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError, RuntimeError):  # it is gone, which its reader tells
                self._process.stdin.write(data)

    async def _begin(self) -> None:
        """Start a process and wait until it has loaded the model. Raises: ModelError."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sensorium.serving.engine_process", stdin=PIPE, stdout=PIPE, env=MEMORY | os.environ
        )
        self._write(self._start)
        told = await self._next()
        if told is None or told["error"]:
            await self._kill()
            why = told["error"] if told else f"{self.name}: its process ended while it was loaded. Look into the log."
            raise ModelError(why)
        self.max_tokens = told["max_tokens"]
        self._seen = self._moved = monotonic()
        self._ready = not self._closed

    async def _watch(self) -> None:
        """Pass on what the process says; when it is gone, start another."""
        while not (self._closed or self._given_up):
            told: Told | None = None
            with suppress(TimeoutError):
                async with asyncio.timeout(SILENCE):
                    told = await self._next()
            if told is None:
                await self._again()
                continue
            queue = self._pending.get(told.get("number", 0))
            if queue is not None:
                self._moved = monotonic()
                queue.put_nowait(told)

    async def _again(self) -> None:
        """Tell everybody, and start a new process unless too many have died."""
        self._ready = False
        code = await self._kill()
        self._fail(_down())
        tell("engine ended", model=self.name, code=code)
        while not self._closed and not self._ready:
            now = monotonic()
            if len(self._deaths) == MOST and now - self._deaths[0] < WINDOW:
                tell("engine given up", model=self.name, deaths=MOST, seconds=WINDOW)
                self._given_up = True
                return
            self._deaths.append(now)
            with suppress(ModelError):
                await self._begin()
                tell("engine restarted", model=self.name, seconds=round(monotonic() - now, 1))

    async def _next(self) -> Told | None:
        if self._process is None or self._process.stdout is None:
            raise EngineError(f"{self.name}: there is no process. Start it first.")
        return await read_frame(self._process.stdout)

    async def _kill(self) -> int | None:
        if self._process is None:
            return None
        with suppress(ProcessLookupError):
            self._process.kill()
        return await self._process.wait()

    def _fail(self, error: Refusal) -> None:
        told = {"kind": error.kind, "message": str(error), "field": error.field, "wait": error.wait}
        for queue in self._pending.values():
            queue.put_nowait({"kind": "fault", "fault": told})


def _checked(told: Told) -> Told:
    if told["kind"] == "fault":
        raise fault_in(told["fault"])
    return told


def _down() -> Refusal:
    return Refusal(
        "unavailable", "The model's process ended and is being started again; expected to answer. Retry.", wait=2.0
    )
