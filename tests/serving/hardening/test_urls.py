"""Nothing is fetched that the operator did not list: hardening tests 1 to 8."""

import ast
import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.serving.conftest import Running, Start
from tests.serving.hardening.spoken import PROTOCOLS, Protocol, refused, send
from tests.serving.sent import PNG

from sensorium.serving import fetch
from sensorium.serving.faults import Refusal
from sensorium.serving.fetch import Fetcher, is_public
from sensorium.serving.limits import ServerLimits

SPEAKERS = [each for each in PROTOCOLS if each.takes_urls]


class Host:
    """A server on this machine that answers what it is told to, and counts who came."""

    def __init__(self, *answers: bytes, pause: float = 0.0) -> None:
        self.came = 0
        self.asked: list[bytes] = []
        self._answers = list(answers)
        self._pause = pause
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            self.came += 1
            with caller:
                self.asked.append(caller.recv(65_536))
                answer = self._answers.pop(0) if self._answers else b""
                try:
                    for start in range(0, len(answer), 65_536):
                        caller.sendall(answer[start : start + 65_536])
                    threading.Event().wait(self._pause)
                except OSError:
                    pass

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def host() -> Iterator[Callable[..., Host]]:
    made: list[Host] = []

    def make(*answers: bytes, pause: float = 0.0) -> Host:
        made.append(Host(*answers, pause=pause))
        return made[-1]

    yield make
    for each in made:
        each.close()


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode() + body


# 1, 2, 7: what a request may name


@pytest.mark.parametrize("protocol", SPEAKERS, ids=lambda each: each.name)
@pytest.mark.parametrize(
    "place",
    ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "0", "127.1", "2130706433", "0x7f000001"],
)
def test_no_url_is_followed_unless_hosts_are_listed(
    server: Running, host: Callable[..., Host], protocol: Protocol, place: str
) -> None:
    canary = host()
    reply = send(server, protocol.path, protocol.ask("What?", f"http://{place}:{canary.port}/x.png"))
    refused(reply, protocol, 400, 403)
    assert canary.came == 0


ODD = [
    r"http://127.0.0.1:6666\@ok.test/",
    "http://127.0.0.1#@ok.test/",
    "http://ok.test@127.0.0.1/",
    "http://user@ok.test/",
    "http://ok.test\t/",
    "http://ok.te\nst/",
    "http://ok。test/",
    "http://127.0.0.1/",
    "http://127.1/",
    "http://0x7f000001/",
    "http://2130706433/",
    "http://0177.0.0.1/",
    "http://0/",
    "http://[::ffff:127.0.0.1]/",
    "http://%6fk.test/",
    "http://ok.test:0x50/",
    "http://ok.test/a b",
    "http://ok.test/\r\nX: y",
    "http:/ok.test/",
    "http://ok.test.evil/",
    "http://okktest/",
]


@pytest.mark.parametrize("url", ODD, ids=ascii)
def test_odd_urls_are_refused_before_any_name_is_resolved(url: str) -> None:
    asked: list[str] = []

    async def resolve(name: str, port: int) -> Sequence[str]:
        asked.append(name)
        return ["8.8.8.8"]

    with pytest.raises(Refusal):
        asyncio.run(Fetcher(["ok.test"], ServerLimits(), resolve=resolve).fetch(url, "url"))
    assert asked == []


@pytest.mark.parametrize("protocol", SPEAKERS, ids=lambda each: each.name)
@pytest.mark.parametrize(
    "uri", ["file:///etc/passwd", "ftp://a/b", "gopher://a/b", "/etc/passwd", "etc/passwd", "\\\\a\\b", "", "x" * 5000]
)
def test_nothing_but_http_and_data(server: Running, protocol: Protocol, uri: str) -> None:
    refused(send(server, protocol.path, protocol.ask("What?", uri)), protocol, 400)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda each: each.name)
def test_data_uris_of_other_kinds(server: Running, protocol: Protocol) -> None:
    reply = send(server, protocol.path, protocol.ask("What?", "data:application/zip;base64,UEsDBBQAAAAIAA=="))
    assert reply.status in (400, 415)


# 3, 4, 6: where an allowed host may lead


def fetch_from(
    urls: str, resolved: Sequence[Sequence[str]], *, hosts: Sequence[str] = ("ok.test",), seconds: float = 5.0
) -> tuple[bytes | Refusal, list[str]]:
    """What is fetched, or the refusal; and the names that were resolved."""
    asked: list[str] = []
    left = list(resolved)

    async def resolve(name: str, port: int) -> Sequence[str]:
        asked.append(name)
        return left.pop(0)

    limits = ServerLimits(fetch_seconds=seconds)
    try:
        return asyncio.run(Fetcher(hosts, limits, resolve=resolve).fetch(urls, "url")), asked
    except Refusal as error:
        return error, asked


@pytest.fixture
def open_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 127.0.0.1 stand for the open network, and 127.0.0.2 for a place within."""
    monkeypatch.setattr(fetch, "is_public", lambda address: address == "127.0.0.1")


@pytest.mark.usefixtures("open_loopback")
def test_a_listed_host_is_fetched_from(host: Callable[..., Host]) -> None:
    canary = host(answer(b"PICTURE", "200 OK", "Content-Length: 7"))
    got, asked = fetch_from(f"http://cdn.OK.test:{canary.port}/a?b=1", [["127.0.0.1"]])
    assert (got, asked) == (b"PICTURE", ["cdn.ok.test"])
    assert canary.asked[0].startswith(b"GET /a?b=1 HTTP/1.0\r\nHost: cdn.ok.test\r\n")


@pytest.mark.usefixtures("open_loopback")
def test_a_server_fetches_from_listed_hosts_in_every_protocol(
    host: Callable[..., Host], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolve(name: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(fetch, "_resolve", resolve)
    pictures = host(*[answer(PNG)] * len(SPEAKERS))
    with start(media_hosts=["ok.test"]) as server:
        for protocol in SPEAKERS:
            body = protocol.ask("What?", f"http://ok.test:{pictures.port}/shot.png")
            assert send(server, protocol.path, body).status == 200
            other = protocol.ask("What?", f"http://other.test:{pictures.port}/shot.png")
            refused(send(server, protocol.path, other), protocol, 403)
    assert pictures.came == len(SPEAKERS)


@pytest.mark.usefixtures("open_loopback")
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_goes_through_all_checks_again(host: Callable[..., Host], status: str) -> None:
    inside = host(answer(b"SECRET"))
    outside = host(answer(b"", status, f"Location: http://127.0.0.1:{inside.port}/"))
    got, _ = fetch_from(f"http://ok.test:{outside.port}/", [["127.0.0.1"], ["127.0.0.1"]])
    assert isinstance(got, Refusal)
    within, _ = fetch_from(
        f"http://ok.test:{host(answer(b'', status, f'Location: http://ok.test:{inside.port}/')).port}/",
        [["127.0.0.1"], ["127.0.0.2"]],
    )
    assert isinstance(within, Refusal)
    assert inside.came == 0


@pytest.mark.usefixtures("open_loopback")
def test_redirects_come_to_an_end(host: Callable[..., Host]) -> None:
    round_ = host(*[answer(b"", "302 Found", "Location: /again")] * 9)
    got, asked = fetch_from(f"http://ok.test:{round_.port}/", [["127.0.0.1"]] * 9)
    assert isinstance(got, Refusal)
    assert len(asked) == fetch.HOPS + 1


def test_https_does_not_lead_to_http(monkeypatch: pytest.MonkeyPatch) -> None:
    async def get(self: Fetcher, target: Any, field: str) -> tuple[int, dict[str, str], bytes]:
        return 302, {"location": "http://ok.test/"}, b""

    monkeypatch.setattr(Fetcher, "_get", get)
    got, _ = fetch_from("https://ok.test/", [])
    assert "from https to http" in str(got)


def test_a_name_is_resolved_once_and_every_address_counts() -> None:
    changing = [["8.8.8.8", "127.0.0.1"], ["8.8.8.8"]]
    got, asked = fetch_from("http://ok.test/", changing)
    assert isinstance(got, Refusal)
    assert asked == ["ok.test"]
    assert isinstance(fetch_from("http://ok.test/", [[]])[0], Refusal)


@pytest.mark.usefixtures("open_loopback")
def test_endless_short_and_slow_answers_are_cut(host: Callable[..., Host]) -> None:
    most = ServerLimits().media.file_bytes
    endless = host(answer(b"x" * (most + 200_000), "200 OK", "Content-Length: 10"))
    got, _ = fetch_from(f"http://ok.test:{endless.port}/", [["127.0.0.1"]], seconds=30)
    assert isinstance(got, Refusal)
    assert got.kind == "too_large"
    broken = host(answer(b"half", "200 OK", "Content-Length: 4000"))
    assert "broke off" in str(fetch_from(f"http://ok.test:{broken.port}/", [["127.0.0.1"]])[0])
    slow = host(answer(b"x"), pause=3.0)
    assert "took more than 0.3 s" in str(fetch_from(f"http://ok.test:{slow.port}/", [["127.0.0.1"]], seconds=0.3)[0])
    packed = host(answer(b"x", "200 OK", "Content-Encoding: gzip"))
    assert "packed" in str(fetch_from(f"http://ok.test:{packed.port}/", [["127.0.0.1"]])[0])


# 5: addresses

WITHIN = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "0.0.0.0",
    "168.63.129.16",
    "192.88.99.1",
    "::",
    "::1",
    "::127.0.0.1",
    "::a9fe:a9fe",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "2001:0:7f00:1::",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "nonsense",
    "fe80::1%eth0",
]


@pytest.mark.parametrize("address", WITHIN)
def test_addresses_within(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"])
def test_addresses_of_the_open_network(address: str) -> None:
    assert is_public(address)


# 8: one place


def test_one_file_alone_reaches_out() -> None:
    source = Path(fetch.__file__).parents[1]
    reaching = {
        "socket",
        "ssl",
        "http",
        "urllib.request",
        "httpx",
        "requests",
        "aiohttp",
        "pickle",
        "marshal",
        "shelve",
    }
    found = set()
    for folder in ("serving", "media"):
        for file in (source / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                called = isinstance(node, ast.Attribute) and node.attr in ("open_connection", "create_connection")
                if called or any(name in reaching for name in names):
                    found.add(file.name)
    assert found == {"fetch.py", "server.py"}  # the second takes the address that it is reached at, and goes nowhere
