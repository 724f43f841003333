"""What the server adds to its engine: milliseconds per request and per streamed token, the bundled model behind both.

    python benchmarks/serving_overhead.py [--requests N] [--tokens T] [--json]

One request after the other over one connection to 127.0.0.1, each next to the same one for the engine alone
(`EngineAnswers` in this process); the server has its engine in a process of its own, as `sensorium serve` does. Told
are medians. A request crosses five threads of two processes, and each waits for a core: on a machine that computes
something else, what is measured is that. `chrt -f 10 python benchmarks/…` (as root) keeps it out.
"""

import argparse
import asyncio
import http.client
import json
import logging
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sensorium.chat.message import Text
from sensorium.engine.sampling import Sampling
from sensorium.serving.app import Settings
from sensorium.serving.backend import Asked, EngineAnswers
from sensorium.serving.drafts import Decoder, Draft
from sensorium.serving.fetch import Fetcher
from sensorium.serving.limits import ServerLimits
from sensorium.serving.server import make
from sensorium.serving.shelf import Card, look_at, open_here

WORDS = "What is this?"
WARM = 5
"""Requests that are not counted."""

Times = dict[int, list[float]]
"""Milliseconds of requests, by tokens of their answers."""


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    logging.getLogger("sensorium.serving").setLevel(logging.CRITICAL)
    (card,) = look_at(["nano"])
    with serving(card) as port:
        told = compare(*asyncio.run(measure(card, port, given.requests, given.tokens)))
    print(json.dumps(told, indent=2) if given.json else "\n".join(f"{name}: {value}" for name, value in told.items()))


def compare(alone: Times, served: Times) -> dict[str, Any]:
    """What the server adds, from times of requests for one token and for many."""
    added = {
        count: statistics.median(with_ - without for with_, without in zip(served[count], alone[count], strict=True))
        for count in alone
    }
    few, many = sorted(added)
    return {
        "requests": len(alone[few]),
        "tokens": many,
        "engine_alone_ms": {count: round(statistics.median(each), 3) for count, each in alone.items()},
        "server_ms": {count: round(statistics.median(each), 3) for count, each in served.items()},
        "added_per_request_ms": round(added[few], 3),
        "added_per_token_ms": round((added[many] - added[few]) / (many - few), 4),
    }


@contextmanager
def serving(card: Card) -> Iterator[int]:
    """The port of a server as `sensorium serve` runs it."""
    server = make(Settings([card], own_process=True), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.05)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.handle_exit(15, None)
        thread.join()


async def measure(card: Card, port: int, requests: int, tokens: int) -> tuple[Times, Times]:
    """Times of the engine alone, and of the server."""
    limits = ServerLimits()
    model = open_here(card, Decoder(limits, Fetcher((), limits)), waiting=limits.waiting)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    alone: Times = {1: [], tokens: []}
    served: Times = {1: [], tokens: []}
    for _ in range(WARM + requests):
        for count in alone:
            alone[count].append(await _alone(model, count))
            served[count].append(_served(connection, count))
    connection.close()
    await model.close()
    return _warm(alone), _warm(served)


def _warm(times: Times) -> Times:
    return {count: each[WARM:] for count, each in times.items()}


def _sampling(count: int) -> dict[str, Any]:
    return {"max_tokens": count, "temperature": 5.0, "seed": 1}  # words without sense do not end early


async def _alone(model: EngineAnswers, count: int) -> float:
    asked = Asked((Draft("user", (Text(WORDS),)),), Sampling(**_sampling(count)))
    began = time.perf_counter()
    async for _ in model.stream(asked):
        pass
    return (time.perf_counter() - began) * 1000


def _served(connection: http.client.HTTPConnection, count: int) -> float:
    body = {"model": "nano", "messages": [{"role": "user", "content": WORDS}], "stream": True, **_sampling(count)}
    began = time.perf_counter()
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
    connection.getresponse().read()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
