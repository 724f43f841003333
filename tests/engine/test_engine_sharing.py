"""What requests share, and what never mixes: prompts, media, talks, tenants."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.engine.asking import SMALL, Watched, eight, is_at_rest, picture, prompt, run

from sensorium.chat.message import user
from sensorium.core.errors import UsageError
from sensorium.engine.engine import Engine
from sensorium.engine.memory import OwnMemory
from sensorium.engine.request import Request
from sensorium.engine.sampling import Sampling
from sensorium.models.answerer import Answerer
from sensorium.nn.cache import KVCache


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
