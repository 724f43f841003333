"""Requests beside each other with a tiny `nano`: answers as alone, caches that never mix, failures that stay."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor

from sensorium.chat.message import user
from sensorium.core.errors import EngineError, LimitExceeded, UsageError
from sensorium.engine.engine import Engine
from sensorium.engine.generate import TokenEvent, generate
from sensorium.engine.memory import OwnMemory, PagedMemory
from sensorium.engine.model import Settings
from sensorium.engine.request import Cancelled, Handle, Request, TooLate
from sensorium.engine.sampling import Sampling
from sensorium.engine.scheduler import Limits, QueueFull
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import AudioClip, Image
from sensorium.models.answerer import Answerer
from sensorium.models.early import EarlyFusion
from sensorium.nn.cache import KVCache
from sensorium.nn.paged import PagedBatch, Pages
from sensorium.runtime.parts import Parts

SMALL = Settings(cache_bytes=1 << 20, chunk=48)


class Watched:
    """A network that counts its calls and fails, or gives no numbers, where a test says so."""

    def __init__(self, network: EarlyFusion) -> None:
        self._network = network
        self.encoded = 0
        self.prefilled: list[int] = []
        self.decoded: list[int] = []
        self.fails: Callable[[Tensor], bool] = lambda _: False
        self.error: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)

    def encode(self, inputs: ModelInputs) -> ModelInputs:
        self.encoded += 1
        return self._network.encode(inputs)

    def prefill(self, inputs: ModelInputs, cache: KVCache) -> Tensor:
        self.prefilled.append(inputs.ids.shape[1])
        return self._scores(self._network.prefill(inputs, cache), inputs.ids[:, -1])

    def decode(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        self.decoded.append(len(ids))
        return self._scores(self._network.decode(ids, positions, present, cache), positions)

    def _scores(self, scores: Tensor, given: Tensor) -> Tensor:
        failing = [row for row in range(len(scores)) if self.fails(given[row])]
        if failing and self.error is not None:
            raise self.error
        scores[failing, 0] = torch.nan
        return scores


@pytest.fixture
def network(tiny_nano: EarlyFusion) -> Watched:
    return Watched(tiny_nano)


@pytest.fixture
def model(tiny_parts: Parts, network: Watched) -> Answerer:
    return replace(tiny_parts.model, network=cast("EarlyFusion", network), stops=frozenset())


def picture(seed: int) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (48, 40, 3), np.uint8))


def prompt(model: Answerer, *parts: Any) -> ModelInputs:
    return model.assembler.batch([model.assembler.talk([user(*parts)], ask=True)])


def eight(model: Answerer) -> list[Request]:
    """Requests that differ in everything."""
    sound = AudioClip(np.random.default_rng(9).normal(0, 0.1, 9000).astype(np.float32))
    prompts = [
        ("What is this?", picture(0)),
        ("How many?",),
        (picture(0), "And its colour?"),
        (picture(1), picture(2), "Same or not? " * 6),
        (sound, "What is heard?"),
        ("a" * 90,),
        (picture(1), sound, "Both?"),
        ("How many?",),
    ]
    return [
        Request(
            prompt(model, *parts),
            Sampling(
                max_tokens=4 + 2 * number,
                temperature=0.0 if number % 2 else 1.0,
                seed=number,
                top_p=0.9,
                repetition_penalty=1.2 if number % 3 else 1.0,
            ),
            tenant="ab"[number % 2],
            priority=number % 3,
        )
        for number, parts in enumerate(prompts)
    ]


def run(engine: Engine, requests: Sequence[Request]) -> list[list[TokenEvent]]:
    return [list(handle) for handle in [engine.submit(each) for each in requests]]


def is_at_rest(engine: Engine) -> bool:
    memory = engine.memory
    assert isinstance(memory, PagedMemory)
    whole = memory.known.make_room(memory.pool.count)
    return whole and engine.active == engine.waiting == 0


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


class Rowwise(Watched):
    """Decodes as kernels do: in the blocks of each sequence, without a view of all."""

    def decode(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        assert isinstance(cache, PagedBatch)
        memory = Pages([layer.keys for layer in cache.layers], [layer.values for layer in cache.layers])
        pairs = zip(cache.tables.tolist(), cache.lengths.tolist(), strict=True)
        views = [memory.batch([table], [length]) for table, length in pairs]
        self.decoded.append(len(ids))
        rows = [
            self._network.decode(ids[at : at + 1], positions[at : at + 1], None, view) for at, view in enumerate(views)
        ]
        return torch.cat(rows)


def test_answers_are_computed_together_where_that_changes_no_bit(model: Answerer, network: Watched) -> None:
    alone = run(Engine(model, SMALL), eight(model))
    assert sorted(network.decoded)[-2:] == [1, 2]  # tried once, and never again: this model pads
    rowwise = Rowwise(network._network)
    engine = Engine(replace(model, network=cast("EarlyFusion", rowwise)), SMALL)
    assert run(engine, eight(model)) == alone
    assert max(rowwise.decoded[1:]) > 4


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


def test_a_picture_is_encoded_once_and_a_second_question_takes_its_own_tokens(
    model: Answerer, network: Watched
) -> None:
    engine = Engine(model, SMALL)
    first, second = (
        Request(prompt(model, picture(0), words), Sampling(max_tokens=2)) for words in ("What?", "How many?")
    )
    run(engine, [first])
    assert (network.encoded, len(network.prefilled)) == (1, 2)
    handle = engine.submit(second)
    list(handle)
    assert network.encoded == 1
    assert network.prefilled[2:] == [second.inputs.ids.shape[1] - handle.figures.cached_tokens]
    assert handle.figures.cached_tokens == network.prefilled[0]
    other = engine.submit(Request(prompt(model, "Look: ", picture(0)), Sampling(max_tokens=2)))
    list(other)
    assert (network.encoded, other.figures.cached_tokens) == (1, 0)  # its rows were kept, though its place is new


def test_requests_that_come_together_take_what_they_share_once(model: Answerer, network: Watched) -> None:
    engine = Engine(model, SMALL)
    asked = [
        Request(prompt(model, picture(0), words), Sampling(max_tokens=6)) for words in ("What?", "How many?", "Why?")
    ]
    alone = [run(Engine(model, SMALL), [each])[0] for each in asked]
    network.encoded, network.prefilled = 0, []
    handles = [engine.submit(each) for each in asked]
    assert [list(handle) for handle in handles] == alone
    first = network.prefilled[0]
    assert network.encoded == 1
    assert sum(network.prefilled) == first + sum(each.inputs.ids.shape[1] - first for each in asked)
    assert [handle.figures.cached_tokens for handle in handles] == [0, first, first]
    assert is_at_rest(engine)


def same_words(model: Answerer) -> Iterator[Request]:
    yield Request(prompt(model, picture(0), "What?"))
    yield Request(prompt(model, picture(1), "What?"))
    yield Request(prompt(model, picture(0), "What?"), tenant="other")
    yield Request(prompt(model, picture(0), "What?"), adapter="other")


def test_nothing_is_shared_between_media_tenants_and_adapters(model: Answerer, network: Watched) -> None:
    engine, answers = Engine(model, SMALL), []
    for request in same_words(model):
        handle = engine.submit(replace(request, sampling=Sampling(max_tokens=8)))
        answers.append(list(handle))
        assert handle.figures.cached_tokens == 0
    assert network.encoded == 4
    assert answers[0] != answers[1]
    assert answers[0] == answers[2] == answers[3]


def test_several_answers_share_the_prompt_and_differ_by_seed(model: Answerer, network: Watched) -> None:
    sampling = Sampling(max_tokens=6, temperature=4.0, seed=5)
    inputs = prompt(model, picture(0), "What?")
    engine = Engine(model, SMALL)
    handle = engine.submit(Request(inputs, sampling, answers=3))
    events = list(handle)
    assert sum(network.prefilled) == inputs.ids.shape[1]
    answers = [[replace(event, answer=0) for event in events if event.answer == number] for number in range(3)]
    alone = [run(Engine(model, SMALL), [Request(inputs, replace(sampling, seed=5 + number))])[0] for number in range(3)]
    assert answers == alone
    assert answers[0] != answers[1]
    assert handle.figures.completion_tokens == 18
    assert is_at_rest(engine)


def test_stop_strings_end_answers_and_are_not_shown(model: Answerer) -> None:
    request = Request(prompt(model, "Hello"), Sampling(max_tokens=20))
    (events,) = run(Engine(model, SMALL), [request])
    text = "".join(event.text for event in events)
    stop = text[5:7]
    (shorter,) = run(Engine(model, SMALL), [replace(request, stop=("never said", stop))])
    assert "".join(event.text for event in shorter) == text[: text.index(stop)]
    assert shorter[-1].finish == "stop"
    assert len(shorter) < len(events)


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


def test_a_talk_goes_on_from_its_answer(model: Answerer, network: Watched) -> None:
    engine = Engine(model, SMALL)
    ask = [user(picture(0), "What?")]
    talk = model.assembler.talk(ask, ask=True)
    request = Request(model.assembler.batch([talk]), Sampling(max_tokens=6), talk="one")
    said = [event.id for event in engine.submit(request)]
    ids = [*talk.ids, *said, *model.assembler.talk([user("And?")], ask=True).ids]
    longer = model.assembler.batch([replace(talk, ids=ids, weights=[])])
    handle = engine.submit(replace(request, inputs=longer))
    further = [event.id for event in handle]
    assert handle.figures.cached_tokens == len(talk.ids) + 5
    assert further == [event.id for event in Engine(model, SMALL).submit(replace(request, inputs=longer))]
    stranger = engine.submit(replace(request, inputs=longer, talk="two"))
    list(stranger)
    assert stranger.figures.cached_tokens < len(talk.ids)
    engine.forget_talk("one")
    engine.forget_talk("two")
    assert is_at_rest(engine)


def test_a_talk_with_another_picture_shares_only_what_stands_before_it(model: Answerer) -> None:
    engine = Engine(model, SMALL)
    for seed in (0, 1):
        request = Request(prompt(model, "Look here: ", picture(seed), "What?"), Sampling(max_tokens=4), talk="one")
        handle = engine.submit(request)
        said = list(handle)
    first = int(request.inputs.places[0][0].nonzero()[0])
    assert handle.figures.cached_tokens == first
    (fresh,) = run(Engine(model, SMALL), [request])
    assert [event.id for event in said] == [event.id for event in fresh]
    assert [event.log_prob for event in said] == pytest.approx([event.log_prob for event in fresh], abs=1e-4)


def test_families_with_caches_of_their_own_share_nothing_and_answer(
    model: Answerer, network: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OwnCache(KVCache):
        pass

    def own(batch: int, capacity: int) -> KVCache:
        return OwnCache(network._network.new_cache(batch, capacity).layers)

    monkeypatch.setattr(network, "new_cache", own, raising=False)
    engine = Engine(model, replace(SMALL, exact=False))
    assert isinstance(engine.memory, OwnMemory)
    requests = [*eight(model), replace(eight(model)[0], answers=2)]
    found = run(engine, requests)
    alone = [run(Engine(replace(model, network=network._network), SMALL), [each])[0] for each in requests]
    assert [[event.id for event in events] for events in found] == [[event.id for event in events] for events in alone]
    assert engine.memory.free == engine.memory.tokens
    with pytest.raises(UsageError, match="cannot be kept"):
        engine.forget_talk("any")


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
