"""Who is served next: plain Python over numbers, without tensors or clocks of its own.

    submit ── waiting ── admitted ── preparing ── ready ── decoding ── ended
              (bounded)   (memory)    (encode a medium, take a chunk: one piece a step)

Every step decodes for all that are ready and does one piece of preparation, so neither a long prompt nor a picture
makes the others wait for more than one piece. Waiting requests are admitted by priority, in which every `patience`
steps of waiting count for one more, then tenants in turn, then in the order of arrival. Whoever is to be admitted next
but does not fit is not overtaken: large requests do not starve. Pieces are given out in turn.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sensorium.core.errors import EngineError, UsageError


class QueueFull(EngineError):
    """More requests are waiting than are allowed to; ask again later."""


@dataclass(frozen=True)
class Ticket:
    """What the scheduler knows of a request.

    tenant: who asks; tenants are admitted in turn.
    priority: higher is served earlier.
    deadline: on the engine's clock; None for no hurry.
    width: how many answers are computed at once.
    """

    number: int
    tenant: str = ""
    priority: int = 0
    deadline: float | None = None
    width: int = 1


@dataclass(frozen=True)
class Limits:
    """waiting: requests in the queue. rows: answers computed at once. patience: steps that raise a priority by one."""

    waiting: int = 256
    rows: int = 16
    patience: int = 64

    def __post_init__(self) -> None:
        if min(self.waiting, self.rows, self.patience) < 1:
            raise UsageError(
                f"limits: waiting {self.waiting}, rows {self.rows}, patience {self.patience}; expected at least 1 "
                "each. Correct them."
            )


@dataclass(frozen=True)
class Plan:
    """One step: who is too late, who gets a piece of preparation, and who gets a token."""

    late: tuple[int, ...] = ()
    piece: int | None = None
    ready: tuple[int, ...] = ()


Admit = Callable[[int], int | None]
"""Reserves memory for a request. Returns: how many pieces of preparation it needs, at least one; None for no room."""


@dataclass
class _Waiting:
    ticket: Ticket
    since: int


@dataclass
class _Active:
    ticket: Ticket
    pieces: int
    served: int = -1


class Scheduler:
    """Keeps the queue; tells what to do next, and is told what was done."""

    def __init__(self, limits: Limits, admit: Admit) -> None:
        self._limits = limits
        self._admit = admit
        self._waiting: dict[int, _Waiting] = {}
        self._active: dict[int, _Active] = {}
        self._turns: dict[str, int] = {}  # how many had been admitted when a tenant last was
        self._admitted = 0
        self._step = 0

    def __len__(self) -> int:
        return len(self._waiting) + len(self._active)

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return len(self._waiting)

    @property
    def active(self) -> int:
        """Requests that have memory."""
        return len(self._active)

    def submit(self, ticket: Ticket) -> None:
        """Take a request. Raises: QueueFull; EngineError for one that is wider than all rows."""
        if ticket.width > self._limits.rows:
            raise EngineError(
                f"request: {ticket.width} answers at once; this engine computes {self._limits.rows}. Ask for fewer."
            )
        if len(self._waiting) >= self._limits.waiting:
            raise QueueFull(
                f"queue full: {len(self._waiting)} requests are waiting, which is the limit. Ask again in a moment."
            )
        self._waiting[ticket.number] = _Waiting(ticket, self._step)

    def plan(self, now: float) -> Plan:
        """The next step. Those that are late are out of the queue at once and are to be told."""
        self._step += 1
        late = tuple(each.number for each in self._tickets() if each.deadline is not None and each.deadline < now)
        for number in late:
            self.ended(number)
        self._fill()
        preparing = [each for each in self._active.values() if each.pieces]
        chosen = min(preparing, key=lambda each: each.served, default=None)
        if chosen is not None:
            chosen.served = self._step
        return Plan(
            late=late,
            piece=None if chosen is None else chosen.ticket.number,
            ready=tuple(number for number, each in self._active.items() if not each.pieces),
        )

    def prepared(self, number: int) -> None:
        """A piece of a request's preparation is done."""
        if number in self._active:
            self._active[number].pieces -= 1

    def ended(self, number: int) -> None:
        """A request is over, however it ended; unknown ones are ignored, so that two may say so."""
        self._waiting.pop(number, None)
        self._active.pop(number, None)

    def _tickets(self) -> Iterator[Ticket]:
        yield from (each.ticket for each in self._waiting.values())
        yield from (each.ticket for each in self._active.values())

    def _fill(self) -> None:
        """Admit whom memory and rows allow, until the next in line does not fit."""
        rows = self._limits.rows - sum(each.ticket.width for each in self._active.values())
        while self._waiting:
            ticket = min(self._waiting.values(), key=self._rank).ticket
            pieces = self._admit(ticket.number) if ticket.width <= rows else None
            if pieces is None:
                return
            del self._waiting[ticket.number]
            self._active[ticket.number] = _Active(ticket, pieces)
            rows -= ticket.width
            self._admitted += 1
            asking = {each.ticket.tenant for each in self._waiting.values()}
            self._turns = {name: turn for name, turn in self._turns.items() if name in asking}
            self._turns[ticket.tenant] = self._admitted

    def _rank(self, each: _Waiting) -> tuple[int, int, int, int]:
        """Smaller is earlier."""
        raised = each.ticket.priority + (self._step - each.since) // self._limits.patience
        return -raised, self._turns.get(each.ticket.tenant, -1), each.since, each.ticket.number
