"""Seats of requests that come, share, fork and go: every seat reads what its own prompt and answer wrote."""

import torch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sensorium.engine.memory import OwnMemory, PagedMemory, PagedSeat
from sensorium.engine.prompt import Prompt, read_prompt
from sensorium.inputs.carrier import ModelInputs
from sensorium.nn.cache import KVCache
from sensorium.nn.paged import PAGE

LIKE = KVCache.empty(layers=1, batch=1, kv_heads=1, capacity=1, head_width=1, like=torch.empty(0))
BLOCKS, ROOM = 12, 12 * 2 * PAGE * 4


def prompt(ids: list[int]) -> Prompt:
    tokens = torch.tensor([ids])
    inputs = ModelInputs(tokens, torch.arange(len(ids)).unsqueeze(0), None, (), ())
    return read_prompt(inputs, salt="", chunk=10, groups=None)


class Seats(RuleBasedStateMachine):
    """The only layer holds ids: what a seat reads is what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = PagedMemory(LIKE, room=ROOM)
        self.seats: list[tuple[PagedSeat, Prompt, list[int], int]] = []  # with what was taken, and how many may fork

    def take(self, seat: PagedSeat, ids: list[int]) -> None:
        given = torch.tensor(ids, dtype=torch.float32).view(1, 1, -1, 1)
        for layer in seat.cache().layers:
            layer.append(given, -given)
        seat.took(len(ids))

    @rule(
        runs=st.lists(st.tuples(st.integers(1, 2), st.integers(1, 25)), min_size=1, max_size=3),
        answers=st.integers(1, 3),
        talk=st.sampled_from([None, b"one", b"two"]),
    )
    def come(self, runs: list[tuple[int, int]], answers: int, talk: bytes | None) -> None:
        given = prompt([id_ for id_, times in runs for _ in range(times)])
        seat = self.memory.seat(given, answers, 8, talk)
        if seat is None:
            assert self.seats or self.memory.needs(len(given), answers, 8) > self.memory.tokens
            return
        self.seats.append((seat, given, list(given.ids[: seat.known]), answers - 1))

    def pick(self, data: st.DataObject, taken: bool) -> int | None:
        numbers = [at for at, (_, of, ids, _) in enumerate(self.seats) if (len(ids) >= len(of)) == taken]
        return data.draw(st.sampled_from(numbers)) if numbers else None

    @rule(data=st.data())
    def prefill(self, data: st.DataObject) -> None:
        at = self.pick(data, taken=False)
        if at is None:
            return
        seat, of, _, spare = self.seats[at]
        seat.catch_up(of)
        start, stop = of.pieces(seat.length)[0]
        self.take(seat, list(of.ids[start:stop]))
        if stop < len(of):
            seat.remember(of.keys[of.cuts.index(stop)], stop)
        self.seats[at] = (seat, of, list(of.ids[:stop]), spare)

    @rule(data=st.data(), id_=st.integers(3, 9))
    def decode(self, data: st.DataObject, id_: int) -> None:
        at = self.pick(data, taken=True)
        if at is not None and len(self.seats[at][2]) < len(self.seats[at][1]) + 8:
            self.take(self.seats[at][0], [id_])
            self.seats[at][2].append(id_)
            seat, of, ids, _ = self.seats[at]
            self.seats[at] = (seat, of, ids, 0)  # who went on forks no more

    @rule(data=st.data())
    def fork(self, data: st.DataObject) -> None:
        at = self.pick(data, taken=True)
        if at is not None and self.seats[at][3]:
            seat, of, ids, spare = self.seats[at]
            self.seats[at] = (seat, of, ids, spare - 1)
            self.seats.append((seat.fork(), of, list(ids), 0))

    @rule(data=st.data(), talk=st.sampled_from([b"one", b"two"]))
    def leave_a_talk(self, data: st.DataObject, talk: bytes) -> None:
        at = self.pick(data, taken=True)
        if at is not None:
            seat, _, ids, _ = self.seats.pop(at)
            self.memory.keep(talk, ids, [], seat)
            seat.release()
            seat.release()

    @precondition(lambda self: self.seats)
    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        self.seats.pop(data.draw(st.integers(0, len(self.seats) - 1)))[0].release()

    @invariant()
    def every_seat_reads_its_own(self) -> None:
        for seat, _, ids, _ in self.seats:
            assert seat.length == len(ids)
            if ids:
                ((keys, values),) = self.memory.memory.read(seat.table, seat.length)
                assert keys[0, :, 0].tolist() == ids
                assert torch.equal(values, -keys)

    def teardown(self) -> None:
        for seat, *_ in self.seats:
            seat.release()
        assert self.memory.known.make_room(BLOCKS)
        assert self.memory.pool.free == self.memory.pool.count == BLOCKS


TestSeats = Seats.TestCase
TestSeats.settings = settings(max_examples=40, stateful_step_count=25)


def test_own_caches_are_counted() -> None:
    class Makes:
        def new_cache(self, batch: int, capacity: int) -> KVCache:
            return KVCache.empty(
                layers=1, batch=batch, kv_heads=1, capacity=capacity, head_width=1, like=torch.empty(0)
            )

    memory = OwnMemory(Makes(), tokens=50)
    seat = memory.seat(prompt([1] * 5), 3, 10, None)
    assert seat is not None
    assert memory.free == 5
    assert memory.seat(prompt([1]), 1, 5, None) is None
    other = seat.fork()
    other.cache().layers[0].append(torch.ones(1, 1, 2, 1), torch.ones(1, 1, 2, 1))
    assert seat.cache().length == 0
    for each in (seat, other, seat):
        each.release()
    assert memory.free == 50
