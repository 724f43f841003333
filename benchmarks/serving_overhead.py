"""What the server adds to its engine: milliseconds per request and per streamed token, the bundled model behind both.

    python benchmarks/serving_overhead.py [--requests N] [--tokens T]

Requests go one after the other over one connection to 127.0.0.1. The engine alone is `EngineAnswers` in this process,
asked for the same; the server has it in a process of its own, as `sensorium serve` does. Told as JSON: medians.
"""

import argparse
import asyncio
import http.client
import json
import logging
import statistics
import threading
import time
from typing import Any

from sensorium.chat.message import Text
from sensorium.engine.sampling import Sampling
from sensorium.serving.app import Settings
from sensorium.serving.backend import Asked, EngineAnswers
from sensorium.serving.drafts import Decoder, Draft
from sensorium.serving.fetch import Fetcher
from sensorium.serving.limits import ServerLimits
from sensorium.serving.server import make
from sensorium.serving.shelf import look_at, open_here

WORDS = "What is this?"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--tokens", type=int, default=64)
    given = parser.parse_args()
    logging.getLogger("sensorium.serving").setLevel(logging.CRITICAL)
    limits = ServerLimits()
    (card,) = look_at(["nano"])
    model = open_here(card, Decoder(limits, Fetcher((), limits)), waiting=limits.waiting)
    alone = {count: asyncio.run(_alone(model, count, given.requests)) for count in (1, given.tokens)}
    server = make(Settings([card], limits=limits, own_process=True), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    served = {count: _served(port, count, given.requests) for count in (1, given.tokens)}
    server.handle_exit(15, None)
    thread.join()
    added = {count: served[count] - alone[count] for count in served}
    told = {
        "requests": given.requests,
        "tokens": given.tokens,
        "engine_alone_ms": alone,
        "server_ms": served,
        "added_per_request_ms": added[1],
        "added_per_token_ms": (added[given.tokens] - added[1]) / max(given.tokens - 1, 1),
    }
    print(json.dumps(told, indent=2))


def _sampling(count: int) -> dict[str, Any]:
    return {"max_tokens": count, "temperature": 5.0, "seed": 1}  # words without sense do not end early


async def _alone(model: EngineAnswers, count: int, requests: int) -> float:
    times = []
    for _ in range(requests):
        asked = Asked((Draft("user", (Text(WORDS),)),), Sampling(**_sampling(count)))
        began = time.perf_counter()
        async for _ in model.stream(asked):
            pass
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def _served(port: int, count: int, requests: int) -> float:
    body = {"model": "nano", "messages": [{"role": "user", "content": WORDS}], "stream": True, **_sampling(count)}
    connection = http.client.HTTPConnection("127.0.0.1", port)
    times = []
    for _ in range(requests):
        began = time.perf_counter()
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
        connection.getresponse().read()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    main()
