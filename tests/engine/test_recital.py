"""Answers that are given and not chosen."""

from dataclasses import replace

import pytest
from tests.engine.asking import SMALL, is_at_rest, picture, prompt

from sensorium.core.errors import UsageError
from sensorium.engine.engine import Engine
from sensorium.engine.forms import Form
from sensorium.engine.request import Request
from sensorium.engine.sampling import Sampling
from sensorium.models.answerer import Answerer


def test_reciting_what_would_be_said_tells_the_same_of_each_token(model: Answerer) -> None:
    inputs, engine = prompt(model, picture(0), "What?"), Engine(replace(model, stops=frozenset({1})), SMALL)
    said = list(engine.submit(Request(inputs, Sampling(max_tokens=5))))
    ids = tuple(event.id for event in said)
    (*told, _) = list(engine.submit(Request(inputs, Sampling(max_tokens=6), recited=(ids,))))
    assert [event.id for event in told] == list(ids)
    assert [event.log_prob for event in told] == pytest.approx([event.log_prob for event in said], abs=1e-5)


def test_answers_of_different_length_end_each_for_itself(model: Answerer) -> None:
    engine = Engine(replace(model, stops=frozenset({1, 9})), SMALL)
    inputs = prompt(model, picture(0), "What?")
    request = Request(inputs, Sampling(max_tokens=4), answers=2, recited=((20, 21, 22), (23,)))
    events = list(engine.submit(request))
    assert sorted(event.answer for event in events) == [0, 0, 0, 0, 1, 1]
    assert is_at_rest(engine)


@pytest.mark.parametrize(
    "options",
    [{"answers": 2}, {"form": Form.regex("a")}, {"stop": ("x",)}, {"sampling": Sampling(max_tokens=2)}],
    ids=["another number of answers", "a form", "a stop string", "no room"],
)
def test_what_does_not_go_with_it_is_refused(model: Answerer, options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"^recited: "):
        Request(prompt(model, "What?"), recited=((20, 21),), **options)  # type: ignore[arg-type]
