"""The process of one model: reads requests from standard input, answers on standard output (wire.py).

It ends when the server does, or closes its input; signals that a terminal or systemd sends to all are the server's.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any

from sensorium.core.config import from_dict
from sensorium.core.errors import EngineError, InputError, SensoriumError
from sensorium.engine.model import FAILURES
from sensorium.serving.backend import EngineAnswers
from sensorium.serving.drafts import Decoder
from sensorium.serving.faults import Refusal, fault_of
from sensorium.serving.fetch import Fetcher
from sensorium.serving.limits import ServerLimits
from sensorium.serving.log import tell_failure, written
from sensorium.serving.shelf import Card, open_here
from sensorium.serving.wire import (
    asked_in,
    decision_out,
    drafts_in,
    event_out,
    fault_out,
    frame,
    poll_in,
    read_frame,
)

BEAT = 1.0
"""Seconds between two signs of life."""

Say = Callable[[bytes], object]


def main() -> None:
    """Run until standard input ends."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    out = os.dup(1)
    os.dup2(2, 1)  # what anybody prints goes to the log
    with written():
        asyncio.run(_run(out))
    os._exit(0)  # whatever still computes, for nobody


async def _run(out: int) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2**20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    transport, _ = await loop.connect_write_pipe(asyncio.Protocol, os.fdopen(out, "wb"))
    start = await read_frame(reader)
    if start is None:
        return
    try:
        model = await asyncio.to_thread(_load, start)
    except SensoriumError as error:
        transport.write(frame(kind="ready", error=str(error)))
        return
    transport.write(frame(kind="ready", error="", max_tokens=model.max_tokens))
    beating = asyncio.create_task(_beat(transport.write))
    tasks: dict[int, asyncio.Task[None]] = {}
    while (told := await read_frame(reader)) is not None:
        number = told["number"]
        if told["kind"] == "leave":
            if number in tasks:
                tasks[number].cancel()
            continue
        work = {"stream": _stream, "decide": _decide, "count": _count}[told["kind"]]
        tasks[number] = asyncio.create_task(_guarded(work(model, told, transport.write), number, transport.write))
        tasks[number].add_done_callback(lambda _, number=number: tasks.pop(number, None))  # type: ignore[misc]
    beating.cancel()


def _load(start: dict[str, Any]) -> EngineAnswers:
    limits = from_dict(ServerLimits, start["limits"], where="wire")
    id_, family, does, modalities, given, folder = start["card"]
    card = Card(id_, family, does, tuple(modalities), given, Path(folder))
    return open_here(card, Decoder(limits, Fetcher(start["media_hosts"], limits)), waiting=limits.waiting)


async def _beat(say: Say) -> None:
    while True:
        await asyncio.sleep(BEAT)
        say(frame(kind="beat"))


async def _guarded(work: Coroutine[Any, Any, None], number: int, say: Say) -> None:
    try:
        await work
    except SensoriumError as error:
        if not isinstance(error, InputError | Refusal):
            tell_failure("failed", error)
        say(frame(kind="fault", number=number, fault=fault_out(fault_of(error))))
    except FAILURES as error:  # a fault of ours ends its request alone
        tell_failure("failed", error)
        say(frame(kind="fault", number=number, fault=fault_out(fault_of(EngineError(str(error))))))


async def _count(model: EngineAnswers, told: dict[str, Any], say: Say) -> None:
    count = await model.count(drafts_in(told["drafts"]))
    say(frame(kind="count", number=told["number"], count=count))


async def _decide(model: EngineAnswers, told: dict[str, Any], say: Say) -> None:
    async with aclosing(model.decide(poll_in(told["poll"]))) as decisions:
        async for decision in decisions:
            say(frame(kind="decision", number=told["number"], decision=decision_out(decision)))
    say(frame(kind="end", number=told["number"]))


async def _stream(model: EngineAnswers, told: dict[str, Any], say: Say) -> None:
    number = told["number"]
    async with aclosing(model.stream(asked_in(told["asked"]))) as pieces:
        async for which, event in pieces:
            ids = {id_ for each in event.tokens for id_ in (each.id, *(one for one, _ in each.top))}
            spelled = [[id_, model.spell(id_)] for id_ in ids]
            say(frame(kind="piece", number=number, which=which, event=event_out(event), spelled=spelled))
    say(frame(kind="end", number=number))


if __name__ == "__main__":
    main()
