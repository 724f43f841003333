"""Clients that stop reading: fault F9. Closing a connection waits for what is unread, so it has to be cut."""

import socket

from tests.serving.conftest import Start
from tests.serving.hardening.spoken import PROTOCOLS, send
from tests.serving.hardening.test_connections import opened, stream, until

from sensorium.serving.limits import ServerLimits


def test_who_stops_reading_is_cut_and_holds_nothing(start: Start) -> None:
    with start(limits=ServerLimits(send_seconds=0.5)) as server:
        for each in server.server.servers[0].sockets:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # so that little is unread in the system
        shelf = server.server._ours.shelf
        engine = shelf._loaded["tiny"]._thread._engine
        with opened(server, stream(logprobs=True, top_logprobs=20, n=8)):
            assert until(lambda: shelf.running == 1)
            assert until(lambda: shelf.running == 0 and engine.active == 0)
            assert until(lambda: not server.server.server_state.connections, 3.0)
            assert server.server._ours.state.running == 0
            assert send(server, PROTOCOLS[0].path, PROTOCOLS[0].ask()).status == 200
        memory = engine.memory
        assert memory.known.make_room(memory.pool.count)
        assert memory.pool.free == memory.pool.count
