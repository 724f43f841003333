"""What `sensorium serve` does under load: a herd of connections, a long mixed load, and the death of its model.

    python benchmarks/serving_load.py [--minutes M] [--connections N] [--model NAME] [--json]

herd   all connections at once, each with a question: 200 or 429, no reset, no 5xx; /health/live meanwhile.
soak   rounds of 200 requests for M minutes, 16 at once, over all protocols and media, streamed and whole; 5 in 100
       leave early, 2 in 100 are bad. Good answers have the words that they have alone; memory, files and threads of
       both processes are looked at after each round. Rounds of the first third, in which caches fill, do not count
       for the slope.
death  kill -9 of the model's process with streams running: seconds until all are told, and until it is ready again.

Exit code 1 where something is not as it should be, which "wrong" then lists.
"""

import argparse
import asyncio
import json
import math
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from load_requests import Ask, How, asks, bad, words

AT_ONCE = 16
ROUND = 200
LEAVING, BAD = 0.05, 0.02


class Said(NamedTuple):
    """What came back. `status` is 0 for a connection that broke."""

    status: int
    body: bytes
    seconds: float


class Look(NamedTuple):
    """What the processes of a server hold: bytes of memory, open files, threads."""

    memory: int
    files: int
    threads: int


def main() -> None:
    """Start a server, load it, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=500)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    command = [sys.executable, "-m", "sensorium", "serve", "--port", "0", "--at-once", "1000", "--model", given.model]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            port = _port(server)
            told = asyncio.run(_all(port, Path(given.model).name, server.pid, given.minutes, given.connections))
        finally:
            server.terminate()
            server.wait(60)
    print(json.dumps(told, indent=2) if given.json else "\n".join(f"{name}: {value}" for name, value in told.items()))
    sys.exit(1 if told["wrong"] else 0)


async def _all(port: int, model: str, pid: int, minutes: float, connections: int) -> dict[str, Any]:
    told = {"herd": await herd(port, model, connections)}
    told["soak"] = await soak(port, model, [pid, *children(pid)], minutes)
    told["death"] = await death(port, model, children(pid)[0])
    return {**told, "wrong": wrong(told)}


def wrong(told: dict[str, dict[str, Any]]) -> list[str]:
    """What is not as it should be, each with its figure."""
    herd_, soak_, death_ = told["herd"], told["soak"], told["death"]
    low, _ = soak_["memory_slope_mib_per_1000"]
    checks = {
        f"herd: {herd_['statuses']}": set(herd_["statuses"]) <= {200, 429},
        f"herd: /health/live {herd_['live_p99_seconds']} s": herd_["live_p99_seconds"] < 1,
        f"soak: {soak_['lost']} lost": soak_["lost"] == 0,
        f"soak: {soak_['different']} other than alone": soak_["different"] == 0,
        f"soak: memory grows by {low} MiB and more per 1000 requests": not low > 0,
        f"soak: {soak_['files_more']} files more": soak_["files_more"] <= 0,
        f"soak: {soak_['threads_more']} threads more": soak_["threads_more"] <= 0,
        f"death: told after {death_['told_after_seconds']} s": death_["told_after_seconds"] < 2,
        f"death: {death_['untold']} not told": death_["untold"] == 0,
    }
    return [what for what, fine in checks.items() if not fine]


async def herd(port: int, model: str, connections: int) -> dict[str, Any]:
    """All at once, while somebody asks whether the server lives."""
    ask = next(each for each in asks(model) if not each.media)
    lives: list[float] = []

    async def look() -> None:
        while True:
            lives.append((await _get(port, "/health/live")).seconds)
            await asyncio.sleep(0.02)

    looking = asyncio.create_task(look())
    said = await asyncio.gather(*(send(port, ask) for _ in range(connections)))
    looking.cancel()
    return {
        "connections": connections,
        "statuses": dict(Counter(each.status for each in said)),
        "live_p99_seconds": round(sorted(lives)[math.ceil(0.99 * len(lives)) - 1], 3),
        "live_asked": len(lives),
    }


async def soak(port: int, model: str, pids: Sequence[int], minutes: float, *, size: int = ROUND) -> dict[str, Any]:
    """Rounds of mixed requests until the time is over; at least three."""
    every = asks(model)
    alone = {ask.name: words(ask, (await send(port, ask)).body) for ask in every}
    chance = random.Random(0)
    ends = time.monotonic() + 60 * minutes
    counts: Counter[str] = Counter()
    looks: list[Look] = []
    rounds = 0
    while time.monotonic() < ends or rounds < 3:
        slots = asyncio.Semaphore(AT_ONCE)
        told = await asyncio.gather(
            *(_one(port, model, chance.choice(every), chance.random(), alone, slots=slots) for _ in range(size))
        )
        counts.update(told)
        await _idle(port)
        looks.append(_look(pids))
        rounds += 1
    later = looks[len(looks) // 3 :]
    return {
        "rounds": rounds,
        "requests": rounds * size,
        "counts": dict(counts),
        "lost": counts["lost"],
        "different": counts["different"],
        "memory_mib": [round(each.memory / 2**20) for each in (looks[0], later[0], looks[-1])],
        "memory_slope_mib_per_1000": slope([each.memory / 2**20 for each in later], size / 1000),
        "files_more": looks[-1].files - later[0].files,
        "threads_more": looks[-1].threads - later[0].threads,
    }


async def death(port: int, model: str, pid: int) -> dict[str, Any]:
    """Kill the model's process with a stream of every protocol running."""
    streams = [each for each in asks(model, How(1000, 5.0)) if each.stream and not each.media]
    begun = await asyncio.gather(*(_begin(port, each) for each in streams))
    await asyncio.gather(*(reader.read(1) for reader, _ in begun))
    os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    rest = await asyncio.gather(*(reader.read() for reader, _ in begun))
    told_after = time.monotonic() - killed
    for _, writer in begun:
        writer.close()
    while (await _get(port, "/health/ready")).status != 200:
        await asyncio.sleep(0.05)
    return {
        "streams": len(streams),
        "untold": sum(b'"error"' not in each for each in rest),
        "told_after_seconds": round(told_after, 3),
        "ready_after_seconds": round(time.monotonic() - killed, 2),
    }


async def _one(port: int, model: str, ask: Ask, draw: float, alone: dict[str, str], *, slots: asyncio.Semaphore) -> str:
    """One request of a round: "good", "left", "refused", or what is wrong."""
    async with slots:
        if draw < LEAVING:
            _, writer = await _begin(port, ask)
            await asyncio.sleep(draw)
            writer.close()
            return "left"
        if draw < LEAVING + BAD:
            return "refused" if 400 <= (await send(port, bad(ask))).status < 500 else "lost"
        said = await send(port, ask)
        if said.status != 200:
            return "lost"
        return "good" if words(ask, said.body) == alone[ask.name] else "different"


def slope(values: Sequence[float], step: float) -> tuple[float, float]:
    """The 95 % interval of the least-squares slope of values that are `step` apart; no bound for fewer than three."""
    count = len(values)
    if count < 3:
        return (-math.inf, math.inf)
    places = [index * step for index in range(count)]
    line = statistics.linear_regression(places, values)
    left = sum((value - line.intercept - line.slope * place) ** 2 for place, value in zip(places, values, strict=True))
    spread = sum((place - statistics.fmean(places)) ** 2 for place in places)
    wide = (1.96 + 2.4 / (count - 2) + 8.4 / (count - 2) ** 3) * math.sqrt(
        left / (count - 2) / spread
    )  # of Student's t
    return (round(line.slope - wide, 3), round(line.slope + wide, 3))


async def send(port: int, ask: Ask) -> Said:
    """One request on a connection of its own."""
    began = time.monotonic()
    try:
        reader, writer = await _begin(port, ask)
        found = await reader.read()
        writer.close()
    except OSError:
        return Said(0, b"", time.monotonic() - began)
    head, _, body = found.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        body = b"".join(re.split(rb"(?:\r\n)?[0-9a-f]+\r\n", body))
    return Said(int(head.split()[1]) if head else 0, body, time.monotonic() - began)


async def _get(port: int, path: str) -> Said:
    return await send(port, Ask("", path, None))


async def _begin(port: int, ask: Ask) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = b"" if ask.body is None else json.dumps(ask.body).encode()
    head = f"{'GET' if ask.body is None else 'POST'} {ask.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    return reader, writer


async def _idle(port: int) -> None:
    """Wait until nothing is computed for anybody."""
    while b"sensorium_waiting 0.0" not in (await _get(port, "/metrics")).body:
        await asyncio.sleep(0.05)


def children(pid: int) -> list[int]:
    """Processes that a process started."""
    return [
        int(each) for task in Path(f"/proc/{pid}/task").iterdir() for each in (task / "children").read_text().split()
    ]


def _look(pids: Sequence[int]) -> Look:
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids]
    files = [len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids]
    threads = [len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in pids]
    return Look(sum(pages) * os.sysconf("SC_PAGE_SIZE"), sum(files), sum(threads))


def _port(server: "subprocess.Popen[str]") -> int:
    """Where a server says that it is; its further log is read, and dropped, by a thread."""
    if server.stderr is None:
        sys.exit("the server has no standard error")
    lines = []
    for line in server.stderr:
        lines.append(line)
        if found := re.search(r" at http://127\.0\.0\.1:(\d+)", line):
            Thread(target=server.stderr.read, daemon=True).start()
            return int(found[1])
    sys.exit("the server did not start:\n" + "".join(lines))


if __name__ == "__main__":
    main()
