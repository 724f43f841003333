"""Nobody starves, nobody is overtaken by equals, no limit is passed: with work that is only counted."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.core.errors import EngineError, UsageError
from sensorium.engine.blocks import BlockPool
from sensorium.engine.scheduler import Limits, QueueFull, Scheduler, Ticket


class Work:
    """Requests as numbers of blocks, pieces and tokens; does what the scheduler plans."""

    def __init__(self, limits: Limits, blocks: int = 10) -> None:
        self.pool = BlockPool(blocks)
        self.scheduler = Scheduler(limits, self.admit)
        self.needs: dict[int, tuple[int, int, int]] = {}  # blocks, pieces, tokens
        self.seats: dict[int, list[int]] = {}
        self.left: dict[int, int] = {}
        self.admitted: list[int] = []
        self.ended: list[int] = []

    def submit(self, ticket: Ticket, *, blocks: int = 1, pieces: int = 1, tokens: int = 1) -> None:
        self.needs[ticket.number] = (blocks, pieces, tokens)
        self.scheduler.submit(ticket)

    def admit(self, number: int) -> int | None:
        blocks, pieces, tokens = self.needs[number]
        if blocks > self.pool.free:
            return None
        self.seats[number] = self.pool.take(blocks)
        self.left[number] = tokens
        self.admitted.append(number)
        return pieces

    def end(self, number: int) -> None:
        self.scheduler.ended(number)
        self.pool.release(self.seats.pop(number, []))
        self.ended.append(number)

    def step(self, now: float = 0.0) -> None:
        plan = self.scheduler.plan(now)
        for number in plan.late:
            self.end(number)
        if plan.piece is not None:
            self.scheduler.prepared(plan.piece)
        for number in plan.ready:
            self.left[number] -= 1
            if not self.left[number]:
                self.end(number)


JOBS = st.lists(
    st.tuples(
        st.integers(0, 3),  # steps before it comes
        st.sampled_from("abc"),
        st.integers(-2, 2),
        st.integers(1, 10),
        st.integers(1, 3),
        st.integers(1, 4),
        st.integers(1, 2),
    ),
    max_size=12,
)


@given(jobs=JOBS, cancelled=st.sets(st.integers(0, 11)))
def test_all_end_and_all_memory_comes_back(
    jobs: list[tuple[int, str, int, int, int, int, int]], cancelled: set[int]
) -> None:
    limits = Limits(waiting=20, rows=3, patience=4)
    work = Work(limits)
    for number, (pause, tenant, priority, blocks, pieces, tokens, width) in enumerate(jobs):
        for _ in range(pause):
            work.step()
        work.submit(Ticket(number, tenant, priority, width=width), blocks=blocks, pieces=pieces, tokens=tokens)
        if number in cancelled:
            work.end(number)
        active = [each for each in work.seats if each not in work.ended]
        assert sum(jobs[each][-1] for each in active) <= limits.rows
    steps = 0
    while len(work.scheduler) and steps < 200:
        work.step()
        steps += 1
    assert sorted(set(work.ended)) == list(range(len(jobs)))
    assert work.pool.free == work.pool.count
    assert len(work.scheduler) == 0
    assert len(work.admitted) == len(set(work.admitted))


@given(st.lists(st.integers(1, 10), min_size=1, max_size=10))
def test_equals_are_admitted_in_the_order_of_arrival(blocks: list[int]) -> None:
    work = Work(Limits(rows=4))
    for number, count in enumerate(blocks):
        work.submit(Ticket(number), blocks=count)
    for _ in range(60):
        work.step()
    assert work.admitted == list(range(len(blocks)))


def test_the_higher_priority_goes_first_but_not_for_ever() -> None:
    work = Work(Limits(rows=1, patience=10))
    work.submit(Ticket(0, priority=0))
    work.submit(Ticket(1, priority=1))
    number = 2
    while 0 not in work.admitted and number < 100:
        work.step()
        work.submit(Ticket(number, priority=1))
        number += 1
    assert work.admitted[0] == 1
    assert 0 in work.admitted
    assert 3 < len(work.admitted) < 20


def test_tenants_take_turns() -> None:
    work = Work(Limits(rows=1))
    for number, tenant in enumerate("aaaabb"):
        work.submit(Ticket(number, tenant))
    for _ in range(20):
        work.step()
    assert work.admitted == [0, 4, 1, 5, 2, 3]


def test_a_large_request_is_not_overtaken_by_small_ones() -> None:
    work = Work(Limits(rows=4))
    work.submit(Ticket(0), blocks=6, tokens=5)
    work.step()
    work.submit(Ticket(1), blocks=8)
    work.submit(Ticket(2), blocks=1)
    work.step()
    assert work.admitted == [0]
    for _ in range(10):
        work.step()
    assert work.admitted == [0, 1, 2]


def test_each_step_prepares_one_piece_and_decodes_for_all() -> None:
    work = Work(Limits(rows=4))
    work.submit(Ticket(0), pieces=1, tokens=50)
    work.submit(Ticket(1), pieces=9, tokens=50)
    work.submit(Ticket(2), pieces=2, tokens=50)
    plans = []
    for _ in range(8):
        plan = work.scheduler.plan(0.0)
        plans.append((plan.piece, plan.ready))
        if plan.piece is not None:
            work.scheduler.prepared(plan.piece)
    assert [piece for piece, _ in plans] == [0, 1, 2, 1, 2, 1, 1, 1]
    assert [ready for _, ready in plans] == [(), (0,), (0,), (0,), (0,), (0, 2), (0, 2), (0, 2)]


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_whoever_is_late_is_out_wherever_it_is(steps: int) -> None:
    work = Work(Limits(rows=1))
    work.submit(Ticket(0, deadline=5.0), pieces=2, tokens=50)
    work.submit(Ticket(1, deadline=5.0))
    for _ in range(steps):
        work.step(5.0)
    plan = work.scheduler.plan(5.1)
    assert plan.late == ((0, 1) if steps == 0 else (1, 0))
    assert (len(work.scheduler), plan.piece, plan.ready) == (0, None, ())


def full(scheduler: Scheduler) -> None:
    scheduler.submit(Ticket(9))


def wide(scheduler: Scheduler) -> None:
    scheduler.submit(Ticket(9, width=3))


@pytest.mark.parametrize(
    ("submit", "kind", "message"),
    [
        (full, QueueFull, "queue full: 2 requests are waiting"),
        (wide, EngineError, "3 answers at once; this engine computes 2"),
    ],
)
def test_refusals(submit: Callable[[Scheduler], None], kind: type[Exception], message: str) -> None:
    work = Work(Limits(waiting=2, rows=2))
    for number in range(2):
        work.submit(Ticket(number))
    with pytest.raises(kind, match=message):
        submit(work.scheduler)
    assert work.scheduler.waiting == 2


def test_limits_that_cannot_be() -> None:
    with pytest.raises(UsageError, match="rows 0"):
        Limits(rows=0)
