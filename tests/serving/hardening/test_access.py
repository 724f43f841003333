"""Who may come in: hardening tests 46 to 49 and 57, rates and measures of keys."""

import json
import socket
from contextlib import suppress
from typing import Any

import pytest
from tests.serving.conftest import KEY, Running, Start
from tests.serving.hardening.spoken import PROTOCOLS, send

from sensorium.core.errors import UsageError
from sensorium.serving.app import Server
from sensorium.serving.limits import ServerLimits
from sensorium.serving.server import check_address


def raw(server: Running, text: str | bytes) -> bytes:
    """Whatever comes back for bytes on a socket."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        found = b""
        with suppress(ConnectionError):  # the server may close before it has read everything
            connection.sendall(text.encode() if isinstance(text, str) else text)
            while piece := connection.recv(65_536):
                found += piece
        return found


def routes(server: Running) -> list[tuple[str, str]]:
    ours: Server = server.server._ours
    wall: Any = ours.app
    inner: Any = wall._app
    return [(method, route.path) for route in inner.routes for method in route.methods]


def test_every_route_is_behind_the_key(server: Running) -> None:
    found = routes(server)
    assert len(found) > 20
    for method, path in found:
        for key in ("", "wrong-key-1", KEY + "x", KEY[:-1]):
            reply = send(server, path.replace("{model:path}", "tiny"), b"{}", method=method, key=key)
            assert reply.status == (200 if path == "/health/live" else 401), (method, path)


ODD_TARGETS = [
    "//v1/models",
    "/v1/../v1/models",
    "/v1/%2e%2e/admin",
    "/@evil",
    "/health/live/",
    "/health/live/../x",
    "*",
]


@pytest.mark.parametrize("target", ODD_TARGETS)
@pytest.mark.parametrize("host", ["a/health/live?x=", "x/docs?", "localhost", "@evil"])
def test_neither_hosts_nor_odd_paths_open_it(server: Running, target: str, host: str) -> None:
    head = raw(server, f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").split(b"\r\n")[0]
    assert b" 401 " in head or b" 400 " in head


def test_a_whole_url_as_target(server: Running) -> None:
    text = f"GET http://x/health/live HTTP/1.1\r\nHost: localhost:{server.port}\r\nConnection: close\r\n\r\n"
    assert b" 401 " in raw(server, text).split(b"\r\n")[0]


@pytest.mark.parametrize("name", ["authorization", "x-api-key", "x-goog-api-key"])
def test_each_protocols_way_of_sending_a_key(server: Running, name: str) -> None:
    value = f"Bearer {KEY}" if name == "authorization" else KEY
    headers = {"authorization": "", name: value}
    assert send(server, "/v1beta/models", method="GET", headers=headers).status == 200
    assert send(server, f"/v1beta/models?key={KEY}", method="GET", headers={"authorization": ""}).status == 200
    assert send(server, f"/v1beta/models?key={KEY}", method="GET", key="wrong-key").status == 401


def test_other_machines_need_a_key() -> None:
    for host in ("0.0.0.0", "::", "192.168.0.5", "example.org"):
        with pytest.raises(UsageError, match="no key"):
            check_address(host, [])
        check_address(host, ["a-key-of-mine"])
    for host in ("127.0.0.1", "::1", "localhost"):
        check_address(host, [])


def test_without_keys_only_this_machine_is_answered(start: Start) -> None:
    with start(keys=()) as server:
        for host in ("localhost", f"127.0.0.1:{server.port}", "[::1]:80"):
            assert send(server, "/v1/models", method="GET", headers={"host": host}).status == 200
        for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil", "localhost@evil"):
            assert send(server, "/v1/models", method="GET", headers={"host": host}).status == 421
        assert send(server, "/v1/models", method="GET", headers={"origin": "http://evil.example"}).status == 403
        assert send(server, "/v1/models", method="GET", headers={"origin": "http://localhost:3000"}).status == 200


def test_each_key_has_its_own_rate(start: Start) -> None:
    with start(keys=("first-key", "second-key"), limits=ServerLimits(requests_per_minute=3)) as server:
        asked = [send(server, "/v1/models", method="GET", key="first-key") for _ in range(4)]
        assert [reply.status for reply in asked] == [200, 200, 200, 429]
        assert 1 <= int(asked[-1].headers["retry-after"]) <= 20
        assert send(server, "/v1/models", method="GET", key="second-key").status == 200
        assert send(server, "/health/live", method="GET", key="").status == 200


def test_heads_of_requests_are_bounded(server: Running) -> None:
    long = f"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX: {'a' * 200_000}\r\n\r\n"
    assert b" 200 " not in raw(server, long)
    many = "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n" + "X: y\r\n" * 20_000 + "\r\n"
    assert b" 200 " not in raw(server, many)
    assert send(server, "/health/live", method="GET").status == 200


def test_a_log_line_tells_no_words(server: Running, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "sensorium.serving"):
        for protocol in PROTOCOLS:
            send(server, protocol.path, protocol.ask("CANARY-WORDS"))
            send(server, f"{protocol.path}?CANARY=CANARY", protocol.ask("CANARY-WORDS", "data:image/png;base64,CANARY"))
    told = json.dumps([(record.getMessage(), record.__dict__.get("told")) for record in caplog.records])
    assert "chat_completions" in told
    assert "CANARY" not in told
    assert KEY not in told
