"""Nothing piles up: many requests of one kind leave as many objects behind as few do."""

import gc
from collections import Counter

import pytest
from tests.serving.conftest import Running
from tests.serving.hardening.spoken import PROTOCOLS, Protocol, send
from tests.serving.hardening.test_connections import opened, stream, until
from tests.serving.sent import PNG, uri

MANY = 100


def objects() -> Counter[str]:
    gc.collect()
    return Counter(f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())


def grown(before: Counter[str]) -> dict[str, int]:
    return {kind: more for kind, more in (objects() - before).items() if more > MANY // 2}


@pytest.mark.slow
@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda each: each.name)
def test_many_requests_leave_no_more_objects_than_few(server: Running, protocol: Protocol) -> None:
    bodies = (protocol.ask("What?", uri(PNG, "image/png")), {**protocol.ask(), "no_such_field": 1})

    def ask() -> None:
        for body, status in zip(bodies, (200, 400), strict=True):
            assert send(server, protocol.path, body).status == status

    for _ in range(MANY // 4):
        ask()
    before = objects()
    for _ in range(MANY):
        ask()
    assert until(lambda: not grown(before)), grown(before)


@pytest.mark.slow
def test_those_who_leave_leave_nothing_behind(server: Running) -> None:
    shelf = server.server._ours.shelf

    def leave() -> None:
        with opened(server, stream()) as connection:
            assert connection.recv(10)

    for _ in range(MANY // 4):
        leave()
    assert until(lambda: shelf.running == 0)
    before = objects()
    for _ in range(MANY):
        leave()
    assert until(lambda: shelf.running == 0)
    assert until(lambda: not grown(before)), grown(before)
