"""The process: a socket, uvicorn, and an orderly end."""

import ipaddress
from collections.abc import Sequence
from time import monotonic
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sensorium.core.errors import UsageError
from sensorium.serving.app import Server, Settings
from sensorium.serving.limits import ServerLimits
from sensorium.serving.log import tell, written


class PatientFor(H11Protocol):
    """uvicorn's HTTP/1.1, with an end to clients that do not finish the head of a request."""

    seconds: float

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

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


class Draining(uvicorn.Server):
    """Ends when the requests that it has are answered, or their time is over; at once on a second signal."""

    def __init__(self, config: uvicorn.Config, server: Server, limits: ServerLimits) -> None:
        super().__init__(config)
        self._ours = server
        self._seconds = limits.drain_seconds
        self._until: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take no more requests; a second signal ends those that are there."""
        if self._until is None:
            self._ours.state.draining = True
            self._until = monotonic() + self._seconds
            tell("draining", running=self._ours.state.running, seconds=self._seconds)
        else:
            self._until = monotonic()

    async def on_tick(self, counter: int) -> bool:
        """Look, ten times a second, whether it is time to end."""
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


def serve(settings: Settings, *, host: str, port: int) -> None:
    """Run until a signal ends it. Raises: UsageError for an address without a key, or a port that is taken."""
    with written():
        make(settings, host=host, port=port).run()


def make(settings: Settings, *, host: str, port: int) -> Draining:
    """A server that is ready to run. Raises: as `serve`."""
    check_address(host, settings.keys)
    server = Server(settings)
    config = uvicorn.Config(
        server.app,
        host=host,
        port=port,
        http=type("Patient", (PatientFor,), {"seconds": settings.limits.header_seconds}),
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
    return Draining(config, server, settings.limits)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
