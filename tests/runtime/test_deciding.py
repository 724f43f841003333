"""Answers that are recited: chances of whole texts, that add up, follow what was measured, and change no other talk."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from sensorium.chat.message import user
from sensorium.core.errors import LimitExceeded, UsageError
from sensorium.engine.engine import Engine
from sensorium.engine.generate import furthest
from sensorium.media.types import Image
from sensorium.runtime.calibration import Calibration, Curve
from sensorium.runtime.deciding import Deciding, answer_ids, chances, covers, decide
from sensorium.runtime.parts import Parts
from sensorium.runtime.replying import Question, prepare

COLOURS = (("light blue",), ("light green",), ("light",), ("red",))


def asked(parts: Parts, words: str = "Which colour?") -> Question:
    picture = Image(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8), "picture")
    return prepare(parts, [user(picture, words)], lambda make: make())


def likelihood(question: Question, answer: str) -> float:
    """The log-probability of an answer and of its end, the plain way: one prompt, token by token."""
    model = question.parts.model
    ids = answer_ids(model, answer)
    with torch.inference_mode():
        cache = model.network.new_cache(1, len(question.talk.ids) + len(ids) + 1)
        scores = model.network.prefill(model.network.encode(question.inputs), cache)
        position, total = furthest(question.inputs.positions), 0.0
        for id_ in (*ids, None):
            scores[:, list(model.banned)] = -torch.inf
            log_probs = scores.float().log_softmax(-1)[0]
            if id_ is None:
                return total + float(log_probs[sorted(model.stops)].logsumexp(0))
            total, position = total + float(log_probs[id_]), position + 1
            scores = model.network.decode(torch.tensor([id_]), position, None, cache)
    raise AssertionError


def test_the_chance_of_an_answer_is_that_of_all_its_tokens_and_its_end(tiny_parts: Parts) -> None:
    question = asked(tiny_parts)
    found = decide(Engine(tiny_parts.model), question, COLOURS)
    plain = torch.tensor([likelihood(question, *ways) for ways in COLOURS]).softmax(0)
    assert found.chances == pytest.approx(plain.tolist(), abs=1e-4)
    assert sum(found.chances) == pytest.approx(1)
    assert not found.calibrated
    assert found.usage.prompt_tokens == len(question.talk.ids)


def test_ways_to_say_an_answer_count_together(tiny_parts: Parts) -> None:
    question, engine = asked(tiny_parts), Engine(tiny_parts.model)
    apart = decide(engine, question, [("yes",), ("Yes",), ("no",), ("No",)]).chances
    together = decide(engine, question, [("yes", "Yes"), ("no", "No")]).chances
    assert together == pytest.approx((apart[0] + apart[1], apart[2] + apart[3]), abs=1e-4)


def test_more_answers_than_are_recited_at_once(tiny_parts: Parts) -> None:
    names = [(f"number {number}",) for number in range(19)]
    engine = Engine(tiny_parts.model)
    found = decide(engine, asked(tiny_parts), names).chances
    turned = decide(engine, asked(tiny_parts), names[::-1]).chances
    assert found == pytest.approx(turned[::-1], abs=1e-4)


def test_what_was_measured_is_applied(tiny_parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensorium.runtime.deciding.COVERED", 0.0)  # random weights say anything
    curve = Curve((0.0, 1.0), (0.6, 0.9))
    measured = replace(tiny_parts, calibration=Calibration({"image": curve}))
    plain = decide(Engine(tiny_parts.model), asked(tiny_parts), COLOURS).chances
    found = decide(Engine(tiny_parts.model), asked(measured), COLOURS)
    assert found.calibrated
    assert max(found.chances) == pytest.approx(curve(max(plain)), abs=1e-3)
    assert np.argsort(found.chances).tolist() == np.argsort(plain).tolist()


def test_what_was_measured_is_not_applied_to_answers_that_the_model_would_not_give(tiny_parts: Parts) -> None:
    measured = replace(tiny_parts, calibration=Calibration({"image": Curve((0.0, 1.0), (0.6, 0.9))}))
    found = decide(Engine(tiny_parts.model), asked(measured), COLOURS)
    plain = decide(Engine(tiny_parts.model), asked(tiny_parts), COLOURS)
    assert not found.calibrated
    assert found.chances == pytest.approx(plain.chances)
    assert covers([math.log(0.4), math.log(0.2)])
    assert not covers([-20.0, -23.0])


def test_the_likeliest_answer_stays_so() -> None:
    low = Curve((0.0,), (0.0,))
    assert chances([math.log(0.9), math.log(0.1)], low) == pytest.approx((0.5, 0.5))
    assert chances([math.log(0.1), math.log(0.6), math.log(0.3)], low) == pytest.approx((1 / 7, 3 / 7, 3 / 7))
    assert chances([-math.inf, 0.0, -math.inf], Curve((1.0,), (0.8,))) == pytest.approx((0.1, 0.8, 0.1))


def test_what_cannot_be_decided_is_refused(tiny_parts: Parts) -> None:
    question = asked(tiny_parts)
    for answers in ([("yes",)], [("yes",), ("yes",)], [("yes",), (" ",)]):
        with pytest.raises(UsageError, match="answers: "):
            Deciding(question, answers)
    with pytest.raises(LimitExceeded, match="leave no room for an answer"):
        Deciding(question, [("yes",), ("no " * 2000,)])
    with pytest.raises(UsageError, match="may say none of them"):
        chances([-math.inf, -math.inf], None)
