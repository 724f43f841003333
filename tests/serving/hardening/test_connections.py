"""Clients that are slow, many, or gone: hardening tests 47, 57 and 60, faults F8, F16, F18, F19 and F20."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from tests.serving.conftest import KEY, Running, Start
from tests.serving.hardening.spoken import PROTOCOLS, Reply, send

from sensorium.serving.limits import ServerLimits

LONG = {"max_tokens": 200, "temperature": 3.0, "seed": 1, "logit_bias": {"1": -100}}
"""All 200 tokens, without the one that ends an answer: else it would be over before anybody could leave."""


def opened(server: Running, body: dict[str, Any], path: str = "/v1/chat/completions") -> socket.socket:
    """A connection on which a request was sent and nothing read."""
    data = json.dumps(body).encode()
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    connection.sendall(
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(data)}\r\n\r\n".encode()
        + data
    )
    return connection


def received(connection: socket.socket, end: bytes) -> bytes:
    """What comes, up to and with `end`."""
    found = b""
    while not found.endswith(end) and (piece := connection.recv(65_536)):
        found += piece
    return found


def until(condition: Any, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.005)
    return False


def stream(**change: Any) -> dict[str, Any]:
    return {**PROTOCOLS[0].ask(), **LONG, "stream": True, **change}


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "streamed"])
def test_who_leaves_is_forgotten_at_the_next_token(start: Start, whole: bool) -> None:
    with start() as server:
        shelf = server.server._ours.shelf
        engine = shelf._loaded["tiny"]._thread._engine
        with opened(server, stream(stream=not whole)) as connection:
            assert until(lambda: shelf.running > 0)
            if not whole:
                assert connection.recv(10)
        assert until(lambda: shelf.running == 0 and engine.active == 0, 2.0)
        assert until(lambda: server.server._ours.state.running == 0, 2.0)
        assert send(server, PROTOCOLS[0].path, PROTOCOLS[0].ask()).status == 200


def test_heads_and_bodies_that_do_not_end_are_cut(start: Start) -> None:
    with start(limits=ServerLimits(header_seconds=0.5, body_seconds=0.5)) as server:
        head = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        head.sendall(b"GET /v1/models HTTP/1.1\r\nHost: lo")
        silent = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        again = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        again.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert received(again, b'{"status":"live"}').startswith(b"HTTP/1.1 200")
        again.sendall(b"GET /health/li")
        body = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        body.sendall(
            f"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
        )
        assert send(server, "/v1/models", method="GET").status == 200
        for connection in (head, silent, again):
            with suppress(ConnectionResetError):
                assert connection.recv(4096) == b""
            connection.close()
        assert b" 408 " in body.recv(4096).split(b"\r\n")[0]
        body.close()


def test_a_second_request_on_the_same_connection_and_http_1_0(server: Running) -> None:
    ask = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(ask + ask)
        found = b""
        while found.count(b"HTTP/1.1 200") < 2:
            found += connection.recv(4096)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET /health/live HTTP/1.0\r\n\r\n")
        assert b" 200 " in connection.recv(4096)


def test_many_at_once_are_answered_or_told_to_wait(start: Start) -> None:
    with start(limits=ServerLimits(waiting=4, at_once=1_000)) as server:
        slow_down(server)
        with ThreadPoolExecutor(40) as pool:
            replies = list(pool.map(lambda _: send(server, PROTOCOLS[0].path, PROTOCOLS[0].ask()), range(80)))
        statuses = {reply.status for reply in replies}
        assert statuses == {200, 429}
        assert all(int(reply.headers["retry-after"]) >= 1 for reply in replies if reply.status == 429)
        assert len({reply.json["choices"][0]["message"]["content"] for reply in replies if reply.status == 200}) == 1
        assert send(server, "/health/ready", method="GET").json == {"status": "ready"}


def test_answers_do_not_mix(server: Running) -> None:
    asks = [(protocol, protocol.ask(f"CANARY {index}")) for index, protocol in enumerate(PROTOCOLS * 3)]

    def text(reply: Reply) -> bytes:
        body = reply.json
        return json.dumps([body.get(key) for key in ("choices", "content", "candidates", "message")]).encode()

    alone = [text(send(server, protocol.path, body)) for protocol, body in asks]
    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(lambda each: text(send(server, each[0].path, each[1])), asks))
    assert together == alone


def test_a_server_that_drains_lets_streams_finish_and_takes_no_more(start: Start) -> None:
    with start() as server, opened(server, stream(max_tokens=60, stream_options={"include_usage": True})) as connection:
        found = connection.recv(65_536)
        kept = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        server.server.handle_exit(15, None)
        kept.sendall(f"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n\r\n".encode())
        refusal = kept.recv(65_536)
        kept.close()
        while b"[DONE]" not in found and (piece := connection.recv(65_536)):
            found += piece
        assert b" 503 " in refusal.split(b"\r\n")[0]
        assert b"retry-after" in refusal
        assert found.count(b"[DONE]") == 1
        assert b'"usage":{' in found
        server.thread.join(10)
        assert not server.thread.is_alive()


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/v1/chat/completions", stream(), b'data: {"error":'),
        (
            "/v1/messages",
            {**PROTOCOLS[1].ask(), "max_tokens": 200, "temperature": 3.0, "stream": True},
            b"event: error",
        ),
        (
            "/v1beta/models/tiny:streamGenerateContent?alt=sse",
            {**PROTOCOLS[2].ask(), "generationConfig": {"maxOutputTokens": 200, "temperature": 3.0}},
            b'data: {"error":',
        ),
        ("/api/chat", {**PROTOCOLS[3].ask(), "stream": True, "options": {"temperature": 3.0}}, b'{"error":'),
    ],
    ids=["openai", "anthropic", "gemini", "ollama"],
)
def test_a_second_signal_ends_streams_with_a_word(start: Start, path: str, body: dict[str, Any], told: bytes) -> None:
    with start() as server:
        slow_down(server)
        with opened(server, body, path) as connection:
            found = connection.recv(65_536)
            server.server.handle_exit(15, None)
            server.server.handle_exit(15, None)
            while piece := connection.recv(65_536):
                found += piece
        assert told in found
        assert b"stopping" in found


def slow_down(server: Running) -> None:
    """Have every step of the engine take a while."""
    engine = server.server._ours.shelf._loaded["tiny"]._thread._engine
    inner = engine.step

    def step() -> bool:
        worked = inner()
        if worked:
            time.sleep(0.05)
        return bool(worked)

    engine.step = step


def test_a_model_that_stands_still_is_seen(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensorium.serving.health.PATIENCE", 0.3)
    with start() as server:
        assert send(server, "/health/ready", method="GET").status == 200
        going = threading.Event()
        server.server._ours.worker._submit(lambda: going.wait(20))
        assert until(lambda: send(server, "/health/ready", method="GET").status == 503, 3.0)
        assert send(server, "/health/live", method="GET").status == 200
        going.set()
        assert until(lambda: send(server, "/health/ready", method="GET").status == 200, 5.0)


def test_a_model_that_raises_fails_one_request(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    with start() as server:
        answers = PROTOCOLS[0].ask()

        def broken(*given: Any, **named: Any) -> Any:
            raise RuntimeError("secret /home/x of the model")

        with monkeypatch.context() as patch:
            patch.setattr("sensorium.serving.backend.prepare", broken)
            reply = send(server, PROTOCOLS[0].path, answers)
        assert reply.status == 500
        assert b"secret" not in reply.body
        assert reply.json["error"]["type"] == "server_error"
        assert send(server, PROTOCOLS[0].path, answers).status == 200
