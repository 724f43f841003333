"""Requests that fail, are cancelled, late or too many: they end alone, and free what they held."""

from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from tests.engine.asking import SMALL, Watched, eight, is_at_rest, picture, prompt, run

from sensorium.core.errors import EngineError, LimitExceeded, UsageError
from sensorium.engine.engine import Engine
from sensorium.engine.generate import TokenEvent
from sensorium.engine.request import Cancelled, Request, TooLate
from sensorium.engine.sampling import Sampling
from sensorium.engine.scheduler import Limits, QueueFull
from sensorium.inputs.carrier import ModelInputs
from sensorium.models.answerer import Answerer


@pytest.mark.parametrize("steps", [0, 1, 2, 4])
def test_cancelled_requests_free_their_memory_within_a_step(model: Answerer, steps: int) -> None:
    engine = Engine(model, replace(SMALL, limits=Limits(rows=1)))
    first, second = (engine.submit(request) for request in eight(model)[2:4])
    for _ in range(steps):
        engine.step()
    first.cancel()
    second.cancel()
    engine.step()
    assert is_at_rest(engine)
    for handle in (first, second):
        with pytest.raises(Cancelled, match="was cancelled"):
            list(handle)
    assert not engine.step()


def test_answers_that_are_late_end_with_what_was_said(model: Answerer) -> None:
    now = [0.0]
    engine = Engine(model, SMALL, clock=lambda: now[0])
    handle = engine.submit(Request(prompt(model, "Hello"), Sampling(max_tokens=20), seconds=2.0))
    for _ in range(3):
        engine.step()
        now[0] += 1.0
    engine.step()
    events: list[TokenEvent] = []
    with pytest.raises(TooLate, match="not complete in time"):
        events.extend(handle)
    assert handle.figures.total == 3.0
    assert is_at_rest(engine)


def test_a_full_queue_and_requests_beyond_all_memory_are_refused(model: Answerer) -> None:
    engine = Engine(model, replace(SMALL, limits=Limits(waiting=1)))
    hello = prompt(model, "Hello")
    engine.submit(Request(hello))
    with pytest.raises(QueueFull, match="queue full: 1 requests"):
        engine.submit(Request(hello))
    with pytest.raises(LimitExceeded, match=r"needs memory for \d+ tokens, prompt and answers together"):
        engine.submit(Request(hello, Sampling(max_tokens=10_000)))
    with pytest.raises(UsageError, match="this engine guides no answers"):
        engine.submit(Request(hello, form=cast("Any", object())))


ERRORS = [
    RuntimeError("shapes do not match"),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    MemoryError(),
    IndexError("out of range"),
    EngineError("The model has had enough."),
    None,
]


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_a_request_that_fails_ends_alone(
    model: Answerer, network: Watched, error: Exception | None, exact: bool
) -> None:
    settings = replace(SMALL, exact=exact)
    requests = eight(model)[:4]
    fine = run(Engine(model, settings), requests)
    doomed = requests[2].inputs.ids.shape[1] + 3  # a position that the longest of them reaches first
    requests = requests[:3]  # the fourth is there from its prompt on
    network.fails, network.error = (lambda given: given.dim() == 0 and int(given) == doomed), error
    engine = Engine(model, settings)
    handles = [engine.submit(each) for each in requests]
    ended: list[list[TokenEvent]] = []
    failed: list[Exception] = []
    for handle in handles:
        events: list[TokenEvent] = []
        try:
            for event in handle:
                events.append(event)
        except EngineError as raised:
            failed.append(raised)
        ended.append(events)
    assert len(failed) == 1
    assert ended[:2] == fine[:2] or not exact
    assert [[event.id for event in events] for events in ended[:2]] == [[e.id for e in events] for events in fine[:2]]
    assert [event.id for event in ended[2]] == [event.id for event in fine[2]][: len(ended[2])]
    assert 0 < len(ended[2]) < len(fine[2])
    assert is_at_rest(engine)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RuntimeError("odd shapes"), r"failed \(RuntimeError: odd shapes\). Ask with"),
        (MemoryError("no"), r"ran out of memory \(MemoryError: no\)"),
        (RuntimeError("can't allocate memory"), "ran out of memory"),
        (None, "scores are not finite numbers"),
    ],
    ids=str,
)
def test_failures_say_what_happened(model: Answerer, network: Watched, error: Exception | None, message: str) -> None:
    network.fails, network.error = (lambda _: True), error
    with pytest.raises(EngineError, match=message):
        list(Engine(model, SMALL).submit(eight(model)[0]))


def test_what_is_not_finite_is_kept_for_nobody(
    model: Answerer, network: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, asked = Engine(model, SMALL), Request(prompt(model, picture(0), "a" * 60), Sampling(max_tokens=3))
    fine = run(Engine(model, SMALL), [asked])
    with monkeypatch.context() as patch:
        patch.setattr(network, "encode", lambda inputs: _spoilt(network._network.encode(inputs)))
        with pytest.raises(EngineError, match="not finite numbers"):
            list(engine.submit(asked))
    network.fails = lambda given: given.dim() == 0 and int(given) == int(asked.inputs.ids[0, network.prefilled[0] - 1])
    with pytest.raises(EngineError, match="not finite numbers"):
        list(engine.submit(asked))
    network.fails = lambda _: False
    assert run(engine, [asked]) == fine
    assert is_at_rest(engine)


def _spoilt(inputs: ModelInputs) -> ModelInputs:
    media = [replace(batch, rows=tuple(rows * torch.nan for rows in batch.rows)) for batch in inputs.media]
    return replace(inputs, media=tuple(media))
