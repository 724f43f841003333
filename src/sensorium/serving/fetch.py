"""The one place that fetches what a request names, and only from hosts that the operator lists.

A URL is parsed once. Its host must be listed, its name is resolved once, every address must be a public one, and the
connection goes to the address that was looked at: so a name that resolves differently a moment later changes nothing.
Every redirect goes through all of it again.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sensorium.serving.faults import Refusal
from sensorium.serving.limits import ServerLimits

HOPS = 3
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>/[!$-;=?-Z_a-z~]*)?",
    re.IGNORECASE,
)
"""Plain names alone: no user, no backslash, no fragment, no percent sign in the host, no bracket, nothing but ASCII."""

_HEAD_BYTES = 32_768
_REFUSED = tuple(
    ipaddress.ip_network(each)
    for each in (
        "168.63.129.16/32",  # Azure's own
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "100.64.0.0/10",
        "224.0.0.0/4",
        "::/96",  # compatible
        "::ffff:0:0/96",  # mapped
        "64:ff9b::/96",
        "64:ff9b:1::/48",  # NAT64
        "2001::/23",  # Teredo and others
        "2002::/16",  # 6to4
        "fd00::/8",
        "ff00::/8",
    )
)

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True)
class Target:
    """A URL that may be fetched, in its parts."""

    scheme: str
    host: str
    port: int
    path: str


def is_public(address: str) -> bool:
    """Whether an address is one of the open network, whatever form hides another in it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return found.is_global and not any(found.version == net.version and found in net for net in _REFUSED)


class Fetcher:
    """Fetches from listed hosts; from none where none are listed."""

    def __init__(self, hosts: Collection[str], limits: ServerLimits, *, resolve: Resolve | None = None) -> None:
        """Build. Args: hosts: names, each with its subdomains; resolve: a name and a port to addresses."""
        self._hosts = tuple(host.lower().strip(".") for host in hosts)
        self._limits = limits
        self._resolve = resolve or _resolve

    async def fetch(self, url: str, field: str) -> bytes:
        """The bytes behind a URL. Args: field: of the request, for messages. Raises: Refusal."""
        try:
            async with asyncio.timeout(self._limits.fetch_seconds):
                return await self._follow(self._target(url, field), field)
        except TimeoutError as error:
            seconds = self._limits.fetch_seconds
            raise _no(field, f"the host took more than {seconds:g} s", "a faster one") from error
        except (OSError, ssl.SSLError) as error:
            raise _no(field, "the host cannot be reached", "one that answers") from error

    def _target(self, url: str, field: str) -> Target:
        found = _URL.fullmatch(url)
        if found is None:
            raise _no(field, "not a plain http or https URL", "https://host/path, or the content as a data URI")
        host = found["host"].lower()
        if not any(host == each or host.endswith(f".{each}") for each in self._hosts):
            listed = "hosts that its operator lists" if self._hosts else "nowhere: its operator lists no hosts"
            raise Refusal(
                "forbidden", f"{field}: this server fetches from {listed}. Send the content as a data URI.", field=field
            )
        scheme = found["scheme"].lower()
        port = int(found["port"] or (443 if scheme == "https" else 80))
        return Target(scheme, host, port, found["path"] or "/")

    async def _follow(self, target: Target, field: str) -> bytes:
        for _ in range(HOPS + 1):
            status, headers, body = await self._get(target, field)
            if status in (301, 302, 303, 307, 308):
                before, place = target.scheme, headers.get("location", "")
                if place.startswith("/") and not place.startswith("//"):
                    place = f"{target.scheme}://{target.host}:{target.port}{place}"
                target = self._target(place, field)
                if (before, target.scheme) == ("https", "http"):
                    raise _no(field, "redirected from https to http", "https all the way")
                continue
            if status != 200:
                raise _no(field, f"the host answered {status}", "200")
            if headers.get("content-encoding", "identity") != "identity":
                raise _no(field, "the host packed the content", "it plain")
            return body
        raise _no(field, f"more than {HOPS} redirects", "fewer")

    async def _get(self, target: Target, field: str) -> tuple[int, dict[str, str], bytes]:
        addresses = await self._resolve(target.host, target.port)
        if not addresses or not all(map(is_public, addresses)):
            raise Refusal("forbidden", f"{field}: the host has no public address. Send the content.", field=field)
        context = ssl.create_default_context() if target.scheme == "https" else None
        reader, writer = await asyncio.open_connection(
            addresses[0],
            target.port,
            ssl=context,
            server_hostname=target.host if context else None,
            limit=_HEAD_BYTES,
        )
        try:
            writer.write(
                f"GET {target.path} HTTP/1.0\r\nHost: {target.host}\r\nAccept-Encoding: identity\r\n"
                "User-Agent: sensorium\r\nConnection: close\r\n\r\n".encode("ascii")
            )
            await writer.drain()
            return await self._read(reader, field)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader, field: str) -> tuple[int, dict[str, str], bytes]:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise _no(field, "the host sent no whole answer", "one") from error
        status = head[0].split(" ")[1:2]
        if not head[0].startswith("HTTP/1.") or not status or not status[0].isdigit():
            raise _no(field, "the host does not speak HTTP", "one that does")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        most = self._limits.media.file_bytes
        body = bytearray()
        while piece := await reader.read(65_536):
            body += piece
            if len(body) > most:
                raise Refusal("too_large", f"{field}: more than {most} bytes. Send a smaller one.", field=field)
        said = headers.get("content-length", "")
        if said.isdigit() and int(said) > len(body):
            raise _no(field, "the content broke off", "all of it")
        return int(status[0]), headers, bytes(body)


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def _no(field: str, got: str, expected: str) -> Refusal:
    return Refusal("invalid", f"{field}: {got}; expected {expected}. Send the content as a data URI.", field=field)
