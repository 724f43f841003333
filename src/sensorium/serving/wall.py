"""The one wall around every route: who may come in, how much may be brought, how long it may take, and what is noted.

Decided on the path of the ASGI scope alone, never on a URL put together from headers. Only /health/live is outside.
"""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic, perf_counter
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sensorium.core.errors import SensoriumError
from sensorium.serving.faults import Fault, Refusal, fault_of
from sensorium.serving.keys import Holder, Keys
from sensorium.serving.limits import ServerLimits
from sensorium.serving.log import tell, tell_failure
from sensorium.serving.measures import Measures
from sensorium.serving.traces import Traces
from sensorium.serving.visit import KEY, Visit

OPEN = "/health/live"
UPLOADS = "/upload/v1beta/files/"
HELD = ("/health/live", "/health/ready", "/metrics")
"""Answered while the server drains."""

DISCARDING = 3.0
"""Seconds that reading a refused body may take."""

_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)

Tell = Callable[[Scope, Fault, str], Response]


@dataclass
class State:
    """What changes while a server runs."""

    draining: bool = False
    running: int = 0
    bodies: int = 0
    """Bytes of all requests that are being read or answered."""

    ticket: Callable[[str], str | None] = lambda _: None
    """Whose upload it is, by its id: Google's clients send its pieces without their key."""


class Wall:
    """An ASGI application around another."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: Keys,
        limits: ServerLimits,
        measures: Measures,
        state: State,
        tell_fault: Tell,
        traces: Traces | None = None,
    ) -> None:
        """Build. Args: tell_fault: makes the answer that tells of a fault, in the protocol that the path belongs to."""
        self._app = app
        self._keys = keys
        self._limits = limits
        self._measures = measures
        self._state = state
        self._tell_fault = tell_fault
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = scope[KEY] = Visit()
        out = _Out(send, visit, self._limits)
        self._measures.begin()
        self._state.running += 1
        try:
            async with visit.ends as stack:
                try:
                    stack.enter_context(self._admit(scope, visit).admitted())
                    self._check_amount(scope)
                except SensoriumError as error:
                    await _discard(receive, scope, self._limits)
                    out.last = True
                    await self._tell_fault(scope, fault_of(error), visit.id)(scope, receive, out)
                    return
                body = _In(receive, visit, self._limits, self._state)
                stack.callback(body.forget)
                await self._app(scope, body, out)
        except Exception as error:
            tell_failure("failed", error, id=visit.id)
            raise
        finally:
            self._state.running -= 1
            self._note(scope, visit)

    def _admit(self, scope: Scope, visit: Visit) -> Holder:
        headers = Headers(scope=scope)
        if scope["path"] == OPEN:
            return self._keys.nobody
        self._check_host(headers)
        path: str = scope["path"]
        lender = self._state.ticket(path.removeprefix(UPLOADS)) if path.startswith(UPLOADS) else None
        key = _key(headers, scope["query_string"])
        holder = self._keys.holder(key) if lender is None or key else self._keys.named(lender)
        visit.holder = holder.name
        if self._state.draining and scope["path"] not in HELD:
            raise Refusal("unavailable", "The server is stopping; expected to answer. Send it again later.", wait=5.0)
        return holder

    def _check_host(self, headers: Headers) -> None:
        """Without keys only pages of this machine may ask, whatever name leads a browser here."""
        host = headers.get("host", "")
        if not self._keys and not _LOOPBACK.fullmatch(host):
            raise Refusal(
                "misdirected", f"Host: got {host[:80]!a}; expected localhost. A server for others needs --api-key."
            )
        origin = headers.get("origin")
        if not self._keys and origin is not None and not _LOOPBACK.fullmatch(origin.partition("://")[2]):
            raise Refusal("forbidden", f"Origin: got {origin[:80]!a}; expected none, or a page of this machine.")

    def _check_amount(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        length = headers.get("content-length")
        if length is not None and "transfer-encoding" in headers:
            raise Refusal("invalid", "Got Content-Length and Transfer-Encoding; expected one. Leave the other out.")
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise Refusal("unsupported", "Content-Encoding: expected identity. Send the body as it is.")
        if length is not None and length.isdigit() and int(length) > self._limits.body_bytes:
            raise _too_large(self._limits)

    def _note(self, scope: Scope, visit: Visit) -> None:
        seconds = perf_counter() - visit.began
        endpoint = scope.get("endpoint")
        operation = getattr(endpoint, "__name__", "none")
        self._measures.end(operation, visit, seconds)
        if self._traces is not None:
            self._traces.end(scope, operation, visit, seconds)
        tell(
            "request",
            id=visit.id,
            operation=operation,
            status=visit.status,
            milliseconds=round(seconds * 1000, 1),
            key=visit.holder,
            model=visit.model,
            prompt_tokens=visit.prompt_tokens,
            completion_tokens=visit.completion_tokens,
            body_bytes=visit.body_bytes,
        )


class _In:
    """The body of a request, bounded in bytes, pieces and time."""

    def __init__(self, receive: Receive, visit: Visit, limits: ServerLimits, state: State) -> None:
        self._receive = receive
        self._visit = visit
        self._limits = limits
        self._state = state
        self._until = monotonic() + limits.body_seconds
        self._pieces = 0
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout(self._until - monotonic()):
                message = await self._receive()
        except TimeoutError as error:
            raise Refusal(
                "timeout", f"The body took more than {self._limits.body_seconds:g} s. Send it faster."
            ) from error
        if message["type"] == "http.request":
            self._count(len(message.get("body", b"")))
            self._whole = not message.get("more_body", False)
        return message

    def forget(self) -> None:
        """The body is no longer held."""
        self._state.bodies -= self._visit.body_bytes

    def _count(self, size: int) -> None:
        self._pieces += 1
        self._visit.body_bytes += size
        self._state.bodies += size
        if self._visit.body_bytes > self._limits.body_bytes:
            raise _too_large(self._limits)
        if self._pieces > self._limits.body_pieces:
            raise Refusal("invalid", f"The body came in more than {self._limits.body_pieces} pieces. Send larger ones.")
        if self._state.bodies > self._limits.bodies_bytes:
            raise Refusal("unavailable", "Too much is being sent to this server at once. Send it later.", wait=2.0)


class _Out:
    """The answer of a request: our id in its head, and an end to clients that do not read."""

    def __init__(self, send: Send, visit: Visit, limits: ServerLimits) -> None:
        self._send = send
        self._visit = visit
        self._limits = limits
        self.last = False
        """Whether the connection ends with it: the rest of a refused body is not read."""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._visit.status = message["status"]
            id_ = self._visit.id.encode("ascii")
            headers = [*message["headers"], (b"x-request-id", id_), (b"request-id", id_)]
            if self.last or message["status"] in (408, 413):
                headers.append((b"connection", b"close"))
            message = {**message, "headers": [*headers, (b"x-content-type-options", b"nosniff")]}
        async with asyncio.timeout(self._limits.send_seconds):
            await self._send(message)


async def _discard(receive: Receive, scope: Scope, limits: ServerLimits) -> None:
    """Read the body of a refused request, if it is soon done: who is still sending would not see the refusal."""
    headers = Headers(scope=scope)
    length = headers.get("content-length", "0")
    if "expect" in headers or not length.isdigit() or int(length) > 2 * limits.body_bytes:
        return
    left = 2 * limits.body_bytes
    with suppress(TimeoutError):
        async with asyncio.timeout(DISCARDING):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def _key(headers: Headers, query: bytes) -> str | None:
    """The key that a client sent, in whichever way its protocol has."""
    if found := _BEARER.fullmatch(headers.get("authorization", "").strip()):
        return found[1]
    if (key := headers.get("x-api-key") or headers.get("x-goog-api-key")) is not None:
        return key
    return next(iter(parse_qs(query.decode("latin-1"), max_num_fields=64).get("key", [])), None) if query else None


def _too_large(limits: ServerLimits) -> Refusal:
    return Refusal("too_large", f"The body is larger than {limits.body_bytes} bytes. Send less, or smaller media.")
