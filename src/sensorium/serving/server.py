"""The process: a socket, uvicorn, and an orderly end."""

import asyncio
import ipaddress
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sensorium.core.errors import SensoriumError, UsageError
from sensorium.serving.app import Server, Settings
from sensorium.serving.limits import ServerLimits
from sensorium.serving.log import tell, written


class PatientFor(H11Protocol):
    """uvicorn's HTTP/1.1, with an end to clients that do not finish the head of a request, or never read the rest."""

    seconds: float
    unread_seconds: float
    _closing: float | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._waiting: Any = self.loop.call_later(self.seconds, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Take bytes; wait for as long as they are no whole head."""
        super().data_received(data)
        unfinished = self.cycle is None or (self.cycle.response_complete and bool(self.conn.trailing_data[0]))
        if not unfinished:
            self._stop_waiting()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(self.seconds, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def cut(self, now: float) -> None:
        """End it when it was closed a while ago and what was sent before is still unread: closing waits for that."""
        if self.transport.is_closing():
            self._closing = now if self._closing is None else self._closing
            if now - self._closing > self.unread_seconds:
                self.transport.abort()

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


class Draining(uvicorn.Server):
    """Ends when the requests that it has are answered, or their time is over; at once on a second signal."""

    def __init__(
        self, config: uvicorn.Config, server: Server, limits: ServerLimits, begun: Callable[[], object] | None = None
    ) -> None:
        """Build. Args: begun: called once requests are taken."""
        super().__init__(config)
        self._ours = server
        self._seconds = limits.drain_seconds
        self._begun = begun
        self._until: float | None = None
        self._stale = False
        self._renewing: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Load the first model, and take requests. Raises: UsageError, ModelError."""
        try:
            await self._ours.begin()
        except SensoriumError:
            await self._ours.stop()
            raise
        await super().startup(sockets)
        if self._begun is not None:
            self._begun()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take no more requests; a second signal ends those that are there."""
        if self._until is None:
            self._ours.state.draining = True
            self._until = monotonic() + self._seconds
            tell("draining", running=self._ours.state.running, seconds=self._seconds)
        else:
            self._until = monotonic()

    def reload(self, sig: int, frame: FrameType | None) -> None:
        """Have the models loaded anew; asked again meanwhile, once more behind it."""
        self._stale = True

    async def on_tick(self, counter: int) -> bool:
        """Look, ten times a second, whether it is time to end, to load models anew, or to let go of connections."""
        for each in list(self.server_state.connections):
            if isinstance(each, PatientFor):
                each.cut(monotonic())
        if self._stale and self._until is None and (self._renewing is None or self._renewing.done()):
            self._stale = False
            self._renewing = asyncio.create_task(self._ours.shelf.renew())
        if self._until is not None:
            if monotonic() >= self._until:
                await self._ours.stop()
                self.should_exit = True
            elif self._ours.state.running == 0:
                self.should_exit = True
        return await super().on_tick(counter)


def check_address(host: str, keys: Sequence[str]) -> None:
    """Refuse to be reached by other machines without a key. Raises: UsageError."""
    if not keys and not _is_loopback(host):
        raise UsageError(
            f"--host {host}: other machines could reach the server, and it has no key; expected one. "
            "Give --api-key, or leave --host out."
        )


def serve(settings: Settings, *, host: str, port: int, begun: Callable[[int], object] | None = None) -> None:
    """Run until a signal ends it.

    Args: port: 0 for any that is free; begun: told the port once requests are taken.

    Raises: UsageError for an address without a key, or one that cannot be had; what loading the first model raises.
    """
    check_address(host, settings.keys)
    with written(), bound(host, port) as sockets:
        found: int = sockets[0].getsockname()[1]
        server = make(settings, host=host, port=found, begun=None if begun is None else lambda: begun(found))
        with on_hangup(server.reload):
            server.run(sockets)


@contextmanager
def on_hangup(act: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """SIGHUP means `act`; before a terminal, whose closing sends it too, and under nohup it stays what it was."""
    here = os.name == "posix" and threading.current_thread() is threading.main_thread()
    if not here or os.isatty(0) or signal.getsignal(signal.SIGHUP) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGHUP, act)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@contextmanager
def bound(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Sockets that hold all addresses of a host; nobody can connect yet. Raises: UsageError."""
    sockets: list[socket.socket] = []
    try:
        try:
            for family, kind, number, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                sockets.append(socket.socket(family, kind, number))
                sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    sockets[-1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                free = sockets[0].getsockname()[1] if port == 0 and len(sockets) > 1 else port
                sockets[-1].bind((address[0], free, *address[2:]))
        except OSError as error:
            raise UsageError(
                f"{host}:{port} cannot be had: {error.strerror}; expected an address of this machine and a free port. "
                "Give another --port, or end what runs there."
            ) from error
        yield sockets
    finally:
        for each in sockets:
            each.close()


def make(settings: Settings, *, host: str, port: int, begun: Callable[[], object] | None = None) -> Draining:
    """A server that is ready to run. Raises: UsageError for an address without a key."""
    check_address(host, settings.keys)
    server = Server(settings)
    config = uvicorn.Config(
        server.app,
        host=host,
        port=port,
        http=type("Patient", (PatientFor,), _patience(settings.limits)),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=64 * 1024,
    )
    return Draining(config, server, settings.limits, begun)


def _patience(limits: ServerLimits) -> dict[str, float]:
    return {"seconds": limits.header_seconds, "unread_seconds": limits.send_seconds}


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
