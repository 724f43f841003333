"""Models loaded anew while the server runs: what has begun ends on the old one, and a broken folder changes nothing."""

import os
import shutil
import signal
import threading
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.serving.conftest import Running, Start, running
from tests.serving.hardening.spoken import PROTOCOLS, send
from tests.serving.hardening.test_connections import opened, received, stream, until

from sensorium.serving.backend import Answers
from sensorium.serving.server import on_hangup


def model(server: Running) -> Answers:
    found: Answers = server.server._ours.shelf._loaded["tiny"]
    return found


def hold(old: Any, going: threading.Event) -> None:
    """Have a model make a few tokens and wait for the event before the next."""
    engine = old._thread._engine
    inner, steps = engine.step, count()

    def step() -> bool:
        worked = bool(inner())
        if worked and next(steps) > 6:
            going.wait(30)
        return worked

    engine.step = step


def test_what_has_begun_ends_on_the_old_model_and_new_requests_go_to_the_new(start: Start) -> None:
    going = threading.Event()
    with start() as server:
        old = model(server)
        hold(old, going)
        with opened(server, stream(max_tokens=40)) as connection:
            found = connection.recv(65_536)
            server.server.reload(1, None)
            assert until(lambda: model(server) is not old)
            assert old.running == 1
            assert send(server, PROTOCOLS[0].path, PROTOCOLS[0].ask()).status == 200
            assert server.server._ours.shelf.running >= 1  # the old one is not forgotten: a drain waits for it
            going.set()
            found += received(connection, b"0\r\n\r\n")
        assert b"[DONE]" in found
        assert b'"error"' not in found
        assert until(lambda: not old.moves(1.0))  # it is closed
        assert server.server._ours.shelf._leaving == []


def test_a_model_that_cannot_be_loaded_stays_as_it_was(tiny_model: Path, tmp_path: Path) -> None:
    """Fault F13."""
    shutil.copytree(tiny_model, tmp_path / "tiny")
    with running([tmp_path / "tiny"]) as server:
        old = model(server)
        weights = next((tmp_path / "tiny").glob("*.safetensors"))
        whole = weights.read_bytes()
        weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        server.server.reload(1, None)
        assert until(lambda: server.server._renewing is not None and server.server._renewing.done())
        assert model(server) is old
        assert send(server, PROTOCOLS[0].path, PROTOCOLS[0].ask()).status == 200
        weights.write_bytes(whole)
        server.server.reload(1, None)
        assert until(lambda: model(server) is not old)
        assert send(server, PROTOCOLS[0].path, PROTOCOLS[0].ask()).status == 200


def test_the_signal_means_it_but_not_before_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    told = threading.Event()
    before = signal.getsignal(signal.SIGHUP)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        monkeypatch.setattr(os, "isatty", lambda file: False)
        with on_hangup(lambda sig, frame: told.set()):
            signal.raise_signal(signal.SIGHUP)
            assert told.is_set()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
        monkeypatch.setattr(os, "isatty", lambda file: True)
        with on_hangup(lambda sig, frame: told.set()):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)
