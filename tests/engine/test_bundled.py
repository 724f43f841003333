"""The bundled model behind the engine: it says what `ask` says, beside others as alone, and in a form."""

import numpy as np
import pytest

import sensorium
from sensorium.chat.message import user
from sensorium.engine.engine import Engine
from sensorium.engine.generate import TokenEvent
from sensorium.engine.request import Request
from sensorium.engine.sampling import Sampling
from sensorium.media.types import AudioClip, Image
from sensorium.models.answerer import Answerer
from sensorium.runtime.local import LocalModel


@pytest.fixture(scope="module")
def local() -> LocalModel:
    model = sensorium.load()
    assert isinstance(model, LocalModel)
    return model


def picture(seed: int) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (96, 80, 3), np.uint8))


SOUND = AudioClip(np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32))
ASKED = [
    (picture(0), "What is this?"),
    (picture(0), "How many red circles are there?"),
    (picture(1), "What does it say?"),
    ("What is this?",),
    (SOUND, "What is heard?"),
    (picture(2), picture(0), "Are they the same?"),
    (picture(1), "图里有什么?"),
    (SOUND, picture(1), "What is this?"),
]


def requests(model: Answerer) -> list[Request]:
    talks = [model.assembler.talk([user(*parts)], ask=True) for parts in ASKED]
    return [
        Request(model.assembler.batch([talk]), Sampling(16, temperature=1.5 * (number % 2), seed=number, top_k=50))
        for number, talk in enumerate(talks)
    ]


def run(engine: Engine, asked: list[Request]) -> list[list[TokenEvent]]:
    return [list(handle) for handle in [engine.submit(each) for each in asked]]


def test_eight_together_and_alone(local: LocalModel) -> None:
    model = local.parts.model
    alone = [run(Engine(model), [each])[0] for each in requests(model)]
    engine = Engine(model)
    assert run(engine, requests(model)) == alone
    assert run(engine, requests(model)) == alone
    assert len({tuple(event.id for event in events) for events in alone}) > 4


def test_the_answers_are_those_of_ask(local: LocalModel) -> None:
    engine = Engine(local.parts.model)
    for (*media, words), request in zip(ASKED, requests(local.parts.model), strict=True):
        sampling = request.sampling
        asked = local.ask(
            str(words),
            *(each for each in media if not isinstance(each, str)),
            max_tokens=16,
            temperature=sampling.temperature,
            seed=sampling.seed,
            top_k=sampling.top_k,
        )
        assert "".join(event.text for event in engine.submit(request)) == str(asked)


def test_one_of_some_choices(local: LocalModel) -> None:
    pytest.importorskip("llguidance")
    from sensorium.chat.tokenizer import Tokenizer
    from sensorium.engine.forms import Form
    from sensorium.engine.grammar import Grammars

    model = local.parts.model
    assert isinstance(model.tokenizer, Tokenizer)
    grammars = Grammars(model.tokenizer.to_json(), vocabulary=model.tokenizer.vocabulary, stops=model.stops)
    talk = model.assembler.talk([user(picture(0), "What is this?")], ask=True)
    request = Request(model.assembler.batch([talk]), form=Form.choices("a boot", "a bag", "nothing"))
    (events,) = run(Engine(model, grammars=grammars), [request])
    assert "".join(event.text for event in events) in ("a boot", "a bag", "nothing")
    assert events[-1].finish == "stop"
