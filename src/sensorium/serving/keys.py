"""API keys: kept as hashes, compared in constant time, each with its own measure of requests."""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic

from sensorium.core.errors import UsageError
from sensorium.serving.faults import Refusal
from sensorium.serving.limits import ServerLimits

_HASH = re.compile(r"sha256:([0-9a-f]{64})")
SHORTEST = 8


class Holder:
    """Whoever holds a key, or everybody where there are none. `name` is safe to log."""

    def __init__(self, name: str, limits: ServerLimits) -> None:
        self.name = name
        self._limits = limits
        self._running = 0
        self._left = float(limits.requests_per_minute or 0)
        self._seen = monotonic()

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Count one request for as long as it takes. Raises: Refusal when there are too many."""
        if self._running >= self._limits.at_once:
            raise Refusal(
                "busy",
                f"{self._running} requests of this key are being answered; expected fewer than "
                f"{self._limits.at_once + 1}. Wait for one of them.",
                wait=1.0,
            )
        self._spend()
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    def _spend(self) -> None:
        rate = self._limits.requests_per_minute
        if rate is None:
            return
        now = monotonic()
        self._left = min(float(rate), self._left + (now - self._seen) * rate / 60)
        self._seen = now
        if self._left < 1:
            wait = (1 - self._left) * 60 / rate
            raise Refusal("busy", f"This key has used its {rate} requests of a minute. Send it again later.", wait=wait)
        self._left -= 1


class Keys:
    """The keys that open the server; without any it is open to all that reach it."""

    def __init__(self, keys: Sequence[str], limits: ServerLimits) -> None:
        """Build.

        Args:
            keys: as clients send them, or "sha256:" and the hash of one in hexadecimal digits.
            limits: of each.

        Raises: UsageError for a key that is too short.
        """
        self._holders: Mapping[bytes, Holder] = {
            each: Holder(each.hex()[:8], limits) for each in dict.fromkeys(map(_hash, keys))
        }
        self._everybody = Holder("none", limits)
        self.nobody = Holder("", ServerLimits(at_once=1_000_000))
        """Whoever asks what needs no key."""

    def __bool__(self) -> bool:
        return bool(self._holders)

    def named(self, name: str) -> Holder:
        """A holder by its name, as a visit has it."""
        return next((each for each in self._holders.values() if each.name == name), self._everybody)

    def holder(self, key: str | None) -> Holder:
        """Whose key it is. Raises: Refusal for none or a wrong one, where one is needed."""
        if not self._holders:
            return self._everybody
        given = hashlib.sha256((key or "").encode("utf-8", "surrogatepass")).digest()
        found = None
        for each, holder in self._holders.items():  # all of them, so that the time tells nothing
            if hmac.compare_digest(each, given):
                found = holder
        if found is None:
            what = "an API key that is not known" if key else "no API key"
            raise Refusal(
                "unauthorised",
                f"Got {what}; expected one of this server's. Send it as 'Authorization: Bearer KEY', 'x-api-key' or "
                "'x-goog-api-key'.",
            )
        return found


def _hash(key: str) -> bytes:
    if found := _HASH.fullmatch(key):
        return bytes.fromhex(found[1])
    if len(key) < SHORTEST or key.strip() != key:
        raise UsageError(
            f"--api-key: got a key of {len(key)} characters; expected at least {SHORTEST}, without spaces around. Make "
            "one: python -c 'import secrets; print(secrets.token_urlsafe(24))'"
        )
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
