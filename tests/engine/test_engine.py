"""Requests beside each other with a tiny `nano`: answers as alone, and requests that cannot be."""

from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from tests.engine.asking import SMALL, Rowwise, Watched, eight, is_at_rest, prompt, run

from sensorium.chat.message import user
from sensorium.core.errors import UsageError
from sensorium.engine.engine import Engine
from sensorium.engine.generate import TokenEvent, generate
from sensorium.engine.memory import PagedMemory
from sensorium.engine.model import Settings
from sensorium.engine.request import Handle, Request
from sensorium.engine.sampling import Sampling
from sensorium.engine.scheduler import Limits
from sensorium.models.answerer import Answerer
from sensorium.models.early import EarlyFusion


def test_eight_requests_say_together_what_they_say_alone_to_the_last_bit(model: Answerer) -> None:
    alone = [run(Engine(model, SMALL), [request])[0] for request in eight(model)]
    engine = Engine(model, SMALL)
    assert run(engine, eight(model)) == alone  # log-probabilities too
    assert run(engine, eight(model)) == alone  # from warm caches
    few = Engine(model, replace(SMALL, limits=Limits(rows=2), rows_bytes=0))
    assert run(few, eight(model)) == alone
    assert len({tuple(event.id for event in events) for events in alone}) > 5
    assert is_at_rest(engine)


def test_answers_that_go_through_the_model_together_are_the_same_but_for_last_bits(
    model: Answerer, network: Watched
) -> None:
    alone = run(Engine(model, SMALL), eight(model))
    network.decoded.clear()
    engine = Engine(model, replace(SMALL, exact=False))
    for one, other in zip(alone, run(engine, eight(model)), strict=True):
        assert [event.id for event in one] == [event.id for event in other]
        assert [each.log_prob for each in one] == pytest.approx([each.log_prob for each in other], abs=1e-4)
    assert max(network.decoded) > 4
    assert is_at_rest(engine)


def test_answers_are_computed_together_where_that_changes_no_bit(model: Answerer, network: Watched) -> None:
    alone = run(Engine(model, SMALL), eight(model))
    assert sorted(network.decoded)[-2:] == [1, 2]  # tried once, and never again: this model pads
    rowwise = Rowwise(network._network)
    engine = Engine(replace(model, network=cast("EarlyFusion", rowwise)), SMALL)
    assert run(engine, eight(model)) == alone
    assert max(rowwise.decoded[1:]) > 4


def test_kernels_answer_eight_together_as_alone_to_the_last_bit(model: Answerer, wide: Watched) -> None:
    model = replace(model, network=cast("EarlyFusion", wide))
    alone = [run(Engine(model, SMALL), [request])[0] for request in eight(model)]
    wide.decoded.clear()
    engine = Engine(model, SMALL)
    assert run(engine, eight(model)) == alone  # log-probabilities too
    assert max(wide.decoded) > 4  # not one by one
    assert run(engine, eight(model)) == alone  # from warm caches
    assert len({tuple(event.id for event in events) for events in alone}) > 5
    assert is_at_rest(engine)


def test_the_engine_says_what_the_loop_says(model: Answerer) -> None:
    for request in eight(model):
        with torch.inference_mode():
            inputs = model.network.encode(request.inputs)
        loop = generate(model.network, inputs, request.sampling, stops=(), banned=model.banned)
        expected = [event.id for (event,) in loop if event is not None]
        assert [event.id for event in Engine(model, SMALL).submit(request)] == expected


def test_text_of_events_is_the_answer(model: Answerer) -> None:
    (events,) = run(Engine(model, SMALL), eight(model)[:1])
    assert "".join(event.text for event in events) == model.tokenizer.decode([event.id for event in events])
    assert [event.finish for event in events] == [None] * 3 + ["length"]


def test_stop_strings_end_answers_and_are_not_shown(model: Answerer) -> None:
    request = Request(prompt(model, "Hello"), Sampling(max_tokens=20))
    (events,) = run(Engine(model, SMALL), [request])
    text = "".join(event.text for event in events)
    stop = text[5:7]
    (shorter,) = run(Engine(model, SMALL), [replace(request, stop=("never said", stop))])
    assert "".join(event.text for event in shorter) == text[: text.index(stop)]
    assert shorter[-1].finish == "stop"
    assert len(shorter) < len(events)


def test_memory_for_one_request_at_a_time_is_enough(model: Answerer) -> None:
    like = model.network.new_cache(1, 1)
    needed = PagedMemory(like, room=1)
    requests = [Request(each.inputs, Sampling(max_tokens=6)) for each in eight(model)[:5]]
    most = max(needed.needs(each.inputs.ids.shape[1], 1, 6) for each in requests) // 16
    block = sum(2 * 16 * layer.keys[..., :1, :].nbytes for layer in like.layers)
    engine = Engine(model, replace(SMALL, cache_bytes=most * block))
    alone = run(Engine(model, SMALL), requests)
    for _ in range(2):
        assert run(engine, requests) == alone
    assert is_at_rest(engine)


def test_handles_may_be_told_instead(model: Answerer) -> None:
    told: list[TokenEvent | None] = []
    engine = Engine(model, SMALL)
    handle: Handle = engine.submit(eight(model)[1], told.append)
    while engine.step():
        pass
    assert told[-1] is None
    assert told[:-1] == run(Engine(model, SMALL), eight(model)[1:2])[0]
    assert handle.done
    assert handle.error is None
    figures = handle.figures
    assert (figures.prompt_tokens, figures.completion_tokens) == (len(eight(model)[1].inputs.ids[0]), 6)
    assert 0 < figures.queued <= figures.first_token <= figures.total


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answers": 0}, "answers is 0; expected 1 to 16"),
        ({"talk": "a", "answers": 2}, "goes on with one answer, not 2"),
        ({"stop": ("",)}, "a string of 0 characters"),
    ],
)
def test_requests_that_cannot_be(model: Answerer, change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Request(prompt(model, "Hello"), **change)


def test_padded_batches_are_refused(model: Answerer) -> None:
    talks = [model.assembler.talk([user(words)], ask=True) for words in ("Hello", "Hello there")]
    with pytest.raises(UsageError, match="got a batch of 2"):
        Request(model.assembler.batch(talks))


def test_settings_that_cannot_be() -> None:
    with pytest.raises(UsageError, match="chunk 0"):
        Settings(chunk=0)
