"""Memory that runs out while several are answered: fault F10."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import torch
from tests.serving.conftest import Start
from tests.serving.hardening.spoken import PROTOCOLS, send
from tests.serving.hardening.test_connections import slow_down

ASK = {**PROTOCOLS[0].ask(), "max_tokens": 8}
AT = 9
"""The call for one answer that fails; calls for several always do."""


def test_memory_that_runs_out_ends_at_most_one(start: Start) -> None:
    with start() as server:
        alone = send(server, PROTOCOLS[0].path, ASK).json["choices"]
        engine = server.server._ours.shelf._loaded["tiny"]._thread._engine
        slow_down(server)  # so that all of them are computed at once
        inner, singles = engine._network.decode, count(1)
        together: list[int] = []

        def decode(ids: torch.Tensor, *given: Any) -> Any:
            if len(ids) > 1:
                together.append(len(ids))
            if len(ids) > 1 or next(singles) == AT:
                raise torch.OutOfMemoryError("cannot allocate memory")
            return inner(ids, *given)

        engine._network.decode = decode
        engine._only_alone = False
        with ThreadPoolExecutor(6) as pool:
            replies = list(pool.map(lambda _: send(server, PROTOCOLS[0].path, ASK), range(6)))
        assert together
        failed = [reply for reply in replies if reply.status != 200]
        assert [reply.status for reply in failed] == [500]
        assert all(reply.json["choices"] == alone for reply in replies if reply.status == 200)
        assert send(server, PROTOCOLS[0].path, ASK).json["choices"] == alone
        assert engine.memory.known.make_room(engine.memory.pool.count)
