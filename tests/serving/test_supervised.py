"""A model in a process of its own: the same answers, and what its death does (faults F17, F18, F21)."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tests.serving.conftest import Running, Start
from tests.serving.hardening.spoken import PROTOCOLS, Protocol, send
from tests.serving.hardening.test_connections import LONG, opened, received, stream, until
from tests.serving.sent import PNG, uri

from sensorium.serving import supervised


@pytest.fixture(scope="module")
def apart(tiny_model: Any) -> Iterator[Running]:
    from tests.serving.conftest import running

    with running([tiny_model], own_process=True) as found:
        yield found


def engine(server: Running) -> supervised.Supervised:
    model = server.server._ours.shelf._loaded["tiny"]
    assert isinstance(model, supervised.Supervised)
    return model


def ready(server: Running) -> bool:
    return send(server, "/health/ready", method="GET").status == 200


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda each: each.name)
def test_it_answers_as_a_model_in_this_process_does(apart: Running, server: Running, protocol: Protocol) -> None:
    def told(running: Running) -> dict[str, Any]:
        body: dict[str, Any] = send(running, protocol.path, protocol.ask("What?", uri(PNG, "image/png"))).json
        return {key: body.get(key) for key in ("choices", "content", "candidates", "message", "usage")}

    assert told(apart) == told(server)


def test_log_probs_and_refusals_cross(apart: Running, server: Running) -> None:
    ask = {**PROTOCOLS[0].ask(), "logprobs": True, "top_logprobs": 2, "logit_bias": {"40": 5}, "n": 2, "stop": ["zz"]}
    replies = [send(each, PROTOCOLS[0].path, ask).json for each in (apart, server)]
    assert replies[0]["choices"] == replies[1]["choices"]
    assert replies[0]["choices"][0]["logprobs"]["content"][0]["token"]
    wrong = PROTOCOLS[0].ask("What?", "data:image/png;base64,iVBORw0KGgo=")
    mine, theirs = (send(each, PROTOCOLS[0].path, wrong) for each in (apart, server))
    assert (mine.status, mine.json) == (theirs.status, theirs.json)
    assert mine.status in (400, 415)


def test_decisions_cross(apart: Running, server: Running) -> None:
    shown = {"role": "user", "content": [{"type": "input_image", "image_url": uri(PNG, "image/png")}]}
    asked = {"type": "choice", "instructions": "Which?", "choices": [{"value": "one"}, {"value": "two"}]}
    body = {"model": "tiny", "input": [shown], "questions": [asked, {"type": "predicate", "instructions": "Is it?"}]}
    mine, theirs = (send(each, "/v1/decisions", body).json for each in (apart, server))
    assert mine == theirs
    assert len(mine["answers"]) == 2
    assert engine(apart).running == 0


def test_who_leaves_is_forgotten(apart: Running) -> None:
    with opened(apart, stream()) as connection:
        assert connection.recv(10)
    assert until(lambda: engine(apart).running == 0, 2.0)
    assert send(apart, PROTOCOLS[0].path, PROTOCOLS[0].ask()).status == 200


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_its_death_is_told_at_once_and_another_takes_its_place(
    apart: Running, monkeypatch: pytest.MonkeyPatch, blow: signal.Signals
) -> None:
    monkeypatch.setattr(supervised, "SILENCE", 2.0)
    assert until(lambda: ready(apart), 20.0)
    before = engine(apart).pid
    assert before is not None
    with opened(apart, stream(**LONG)) as connection:
        found = connection.recv(65_536)
        os.kill(before, blow)
        began = time.monotonic()
        while piece := connection.recv(65_536):
            found += piece
            if b'"error"' in found:
                break
        told_after = time.monotonic() - began
    assert b'data: {"error":' in found
    if blow == signal.SIGKILL:
        assert told_after < 2.0
    assert until(lambda: ready(apart), 60.0)
    assert engine(apart).pid != before
    assert send(apart, PROTOCOLS[0].path, PROTOCOLS[0].ask()).status == 200


STREAMED: dict[str, tuple[str, dict[str, Any], bytes]] = {
    "openai": ("/v1/chat/completions", {"max_tokens": 200, "temperature": 3.0, "stream": True}, b'data: {"error":'),
    "anthropic": ("/v1/messages", {"max_tokens": 200, "temperature": 3.0, "stream": True}, b"event: error\n"),
    "gemini": (
        "/v1beta/models/tiny:streamGenerateContent?alt=sse",
        {"generationConfig": {"maxOutputTokens": 200, "temperature": 3.0}},
        b'data: {"error":',
    ),
    "ollama": ("/api/chat", {"stream": True, "options": {"num_predict": 200, "temperature": 3.0}}, b'{"error":'),
}
"""Paths, fields and the error of streams that are long, if chance does not end them."""


def under_way(server: Running, stack: ExitStack) -> tuple[list[socket.socket], list[socket.socket]]:
    """A stream of each protocol that has begun, and a whole answer of each that is waited for; the process is stopped.

    A stream may end before the process stops: then all is tried again.
    """
    for _ in range(30):
        assert until(lambda: ready(server) and engine(server).running == 0, 20.0)
        pid, mine = engine(server).pid or 0, stack.enter_context(ExitStack())
        streams = []
        for protocol in PROTOCOLS:
            path, fields, _ = STREAMED[protocol.name]
            streams.append(mine.enter_context(opened(server, {**protocol.ask(), **fields}, path)))
        begun = [each.recv(65_536) for each in streams]
        os.kill(pid, signal.SIGSTOP)
        assert all(b" 200 " in each.split(b"\r\n")[0] for each in begun)
        whole = [mine.enter_context(opened(server, each.ask(), each.path)) for each in PROTOCOLS]
        if until(lambda: engine(server).running == 8, 1.0):
            return streams, whole
        os.kill(pid, signal.SIGCONT)
        mine.close()
    raise AssertionError("no four streams stayed under way")


def test_clients_of_every_protocol_are_told_of_its_death(apart: Running) -> None:
    """Streams that have begun, and whole answers that are waited for: an error in the shape of each, within 2 s."""
    with ExitStack() as stack:
        streams, whole = under_way(apart, stack)
        os.kill(engine(apart).pid or 0, signal.SIGKILL)
        began = time.monotonic()
        for protocol, connection in zip(PROTOCOLS, streams, strict=True):
            assert STREAMED[protocol.name][2] in received(connection, b"0\r\n\r\n"), protocol.name
        for protocol, connection in zip(PROTOCOLS, whole, strict=True):
            head, _, body = received(connection, b"}").partition(b"\r\n\r\n")
            assert head.split()[1] in (b"503", b"529")  # the latter is Anthropic's
            assert b"retry-after" in head.lower()
            assert "started again" in protocol.shape(json.loads(body))
        assert time.monotonic() - began < 2.0
    assert until(lambda: ready(apart), 60.0)
    for protocol in PROTOCOLS:
        assert send(apart, protocol.path, protocol.ask()).status == 200


def test_a_process_that_dies_again_and_again_is_given_up(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervised, "MOST", 1)
    with start(own_process=True) as server:
        model = engine(server)
        model._deaths.append(time.monotonic())
        monkeypatch.setattr(supervised, "MOST", len(model._deaths))
        os.kill(model.pid or 0, signal.SIGKILL)
        assert until(lambda: send(server, PROTOCOLS[0].path, PROTOCOLS[0].ask()).status == 503)
        assert send(server, "/health/ready", method="GET").status == 503
        assert send(server, "/health/live", method="GET").status == 200
