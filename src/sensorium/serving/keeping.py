"""What a server keeps between requests: in memory, bounded for each key, for a time; gone when the server ends."""

import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from sensorium.serving.faults import Refusal

T = TypeVar("T")

FULL_WAIT = 60.0
"""Seconds after which others may have deleted something."""


@dataclass(frozen=True)
class Room:
    """What one key may keep (`things`, `bytes`) and all of them together (`all_bytes`), for so many `seconds`.

    evicts: whether the oldest give way to new ones; else what finds no room is refused.
    """

    things: int
    bytes: int
    all_bytes: int
    seconds: float
    evicts: bool


@dataclass(frozen=True)
class Kept(Generic[T]):
    """A thing that is kept: until when (seconds since 1970), and its size in bytes."""

    value: T
    size: int
    until: float


class Keep(Generic[T]):
    """Things by holder and id. A holder sees its own alone."""

    def __init__(self, what: str, room: Room) -> None:
        """Build. Args: what: such a thing is called, in messages."""
        self._what = what
        self._room = room
        self._of: dict[str, OrderedDict[str, Kept[T]]] = {}

    def put(self, holder: str, id_: str, value: T, size: int) -> Kept[T]:
        """Keep a thing, in place of one of the same id.

        Raises: Refusal where there is no room; what was kept by that id still is.
        """
        self._forget_old()
        room, own = self._room, self._of.setdefault(holder, OrderedDict())
        before = own.pop(id_, None)
        try:
            while not self._fits(own, size):
                if not (room.evicts and own and self._could_fit(own, size)):
                    raise self._full(own, size)
                own.popitem(last=False)
        except Refusal:
            if before is not None:
                own[id_] = before
            raise
        own[id_] = kept = Kept(value, size, time.time() + room.seconds)
        return kept

    def get(self, holder: str, id_: str, field: str = "") -> Kept[T]:
        """A thing. Raises: Refusal (not found) for one that is not kept, or is another's."""
        self._forget_old()
        own = self._of.get(holder)
        found = None if own is None else own.get(id_)
        if found is None:
            place = f"{field}: " if field else ""
            raise Refusal(
                "not_found",
                f"{place}there is no {self._what} {id_[:80]!a}; expected one that this key keeps. It may have expired.",
                field=field,
            )
        return found

    def take(self, holder: str, id_: str) -> Kept[T]:
        """A thing, which is kept no longer. Raises: as `get`."""
        found = self.get(holder, id_)
        del self._of[holder][id_]
        return found

    def holder_of(self, id_: str) -> str | None:
        """Whose thing it is; None for one that is not kept."""
        self._forget_old()
        return next((holder for holder, own in self._of.items() if id_ in own), None)

    def all(self, holder: str) -> Iterator[tuple[str, Kept[T]]]:
        """All of a holder, the newest first."""
        self._forget_old()
        own = self._of.get(holder)
        return iter(() if own is None else list(reversed(own.items())))

    def _fits(self, own: "OrderedDict[str, Kept[T]]", size: int) -> bool:
        total = sum(each.size for things in self._of.values() for each in things.values())
        return self._fits_own(own, size) and total + size <= self._room.all_bytes

    def _fits_own(self, own: "OrderedDict[str, Kept[T]]", size: int) -> bool:
        mine = sum(each.size for each in own.values())
        return len(own) < self._room.things and mine + size <= self._room.bytes

    def _full(self, own: "OrderedDict[str, Kept[T]]", size: int) -> Refusal:
        """Why there is no room: what the key keeps itself, or what all others do."""
        room = self._room
        if size > room.bytes or not (room.evicts or self._fits_own(own, size)):
            return Refusal(
                "too_large",
                f"{self._what}: no room for {size} bytes more; each key may keep {room.things} of them and "
                f"{room.bytes} bytes. Delete some.",
            )
        return Refusal(
            "unavailable",
            f"{self._what}: no room for {size} bytes more; all keys together may keep {room.all_bytes}. Send it later.",
            wait=FULL_WAIT,
        )

    def _could_fit(self, own: "OrderedDict[str, Kept[T]]", size: int) -> bool:
        """Whether there were room if the holder kept nothing else."""
        others = sum(each.size for things in self._of.values() if things is not own for each in things.values())
        return size <= self._room.bytes and others + size <= self._room.all_bytes

    def _forget_old(self) -> None:
        now = time.time()
        for own in self._of.values():
            for id_ in [id_ for id_, each in own.items() if each.until <= now]:
                del own[id_]
