"""Typed decisions through the official client, the bundled model behind them."""

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import openai
import pytest
from tests.serving.conftest import Running
from tests.serving.hardening.spoken import send
from tests.serving.sent import uri

from sensorium.media.encode import encode_image
from sensorium.media.types import Image

COLOURS = ("red", "blue", "green", "yellow")
PREDICATE: Any = {"type": "predicate", "name": "round", "instructions": "Is there a circle?"}
CHOICE: Any = {
    "type": "choice",
    "instructions": "Which colour is the square?",
    "choices": [{"value": each} for each in COLOURS],
}
SCORE: Any = {
    "type": "score",
    "name": "count",
    "instructions": "How many squares are there?",
    "levels": [{"label": str(each)} for each in range(1, 5)],
}


def square() -> str:
    """A red square on a white ground."""
    pixels = np.full((96, 96, 3), 255, np.uint8)
    pixels[30:66, 30:66] = (220, 20, 20)
    return uri(encode_image(Image(pixels)), "image/png")


INPUT: Any = [{"role": "user", "content": [{"type": "input_image", "image_url": square()}]}]


@pytest.fixture(scope="module")
def client(nano_server: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{nano_server.url}/v1", api_key=nano_server.key, max_retries=0) as made:
        yield made


def test_questions_of_all_types_are_answered_in_their_order(client: openai.OpenAI) -> None:
    made = client.decisions.create(model="nano", input=INPUT, questions=[PREDICATE, CHOICE, SCORE])
    answers: list[Any] = made.answers
    predicate, choice, score = answers
    assert (predicate.type, choice.type, score.type) == ("predicate", "choice", "score")
    assert (predicate.name, choice.name, score.name) == ("round", None, "count")
    assert predicate.probability < 0.3
    assert choice.choice == "red"
    assert [each.value for each in choice.probabilities] == list(COLOURS)
    assert sum(each.probability for each in choice.probabilities) == pytest.approx(1)
    assert choice.confidence == max(each.probability for each in choice.probabilities)
    assert [each.value for each in score.probabilities] == [0, 1, 2, 3]
    assert score.score == pytest.approx(sum(each.value * each.probability for each in score.probabilities))
    assert score.score < 0.5
    extra: Any = made.model_extra
    assert extra["sensorium"]["calibrated"] == [True, True, True]
    assert made.usage.total_tokens == made.usage.input_tokens + made.usage.output_tokens


def test_a_question_is_answered_as_it_is_alone(client: openai.OpenAI) -> None:
    both = client.decisions.create(model="nano", input=INPUT, questions=[CHOICE, PREDICATE]).answers
    alone = client.decisions.create(model="nano", input=INPUT, questions=[PREDICATE]).answers
    assert both[1].model_dump() == pytest.approx(alone[0].model_dump(), abs=1e-3)


def test_answers_of_all_questions_are_bounded_together(nano_server: Running) -> None:
    many = [{**CHOICE, "choices": [{"value": f"{number}"} for number in range(250)]}] * 9
    reply = send(nano_server, "/v1/decisions", {"model": "nano", "input": INPUT, "questions": many})
    assert reply.status == 400
    assert "2250 answers to weigh" in reply.json["error"]["message"]
    choices = [{"value": f"{number:03}{'x' * 197}"} for number in range(200)]
    body = {"model": "nano", "input": "x" * 990_000, "questions": [{**CHOICE, "choices": choices}]}
    assert send(nano_server, "/v1/decisions", body).status == 413


def test_words_alone_are_a_guess_of_a_model_that_knows_media(client: openai.OpenAI) -> None:
    made = client.decisions.create(model="nano", input="A red square.", questions=[CHOICE])
    extra: Any = made.model_extra
    assert extra["sensorium"]["calibrated"] == [False]
    assert extra["sensorium"]["notices"]


def test_yes_and_no_are_those_of_the_question_and_true_and_false(client: openai.OpenAI) -> None:
    asked: Any = {"type": "predicate", "instructions": "图中有正方形吗?"}
    typed: Any = {
        "type": "choice",
        "instructions": "Is there a square?",
        "choices": [{"value": True}, {"value": False, "description": "there is none"}],
    }
    chinese, choice = client.decisions.create(model="nano", input=INPUT, questions=[asked, typed]).answers
    assert chinese.type == "predicate"
    assert chinese.probability > 0.5
    assert choice.type == "choice"
    assert [each.value for each in choice.probabilities] == [True, False]


def test_async(nano_server: Running) -> None:
    async def ask() -> str | bool:
        async with openai.AsyncOpenAI(base_url=f"{nano_server.url}/v1", api_key=nano_server.key) as client:
            (answer,) = (await client.decisions.create(model="nano", input=INPUT, questions=[CHOICE])).answers
            assert answer.type == "choice"
            return answer.choice

    assert asyncio.run(ask()) == "red"


def changed(question: Any, **fields: Any) -> dict[str, Any]:
    return {"model": "nano", "input": INPUT, "questions": [{**question, **fields}]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (changed(CHOICE, choices=[{"value": "red"}]), "questions[0].choices"),
        (changed(CHOICE, choices=[{"value": "red"}, {"value": "red"}]), "questions[0].choices"),
        (changed(CHOICE, choices=[{"value": 3}]), "questions[0].choices[0].value"),
        (changed(SCORE, levels=[{"label": True}]), "questions[0].levels[0].label"),
        (changed(PREDICATE, type="rank"), "questions[0].type"),
        (changed(PREDICATE, levels=[]), "questions[0].levels"),
        ({"model": "nano", "input": INPUT, "questions": []}, "questions"),
        ({"model": "nano", "input": INPUT, "questions": [PREDICATE], "stream": True}, "stream"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(nano_server: Running, body: Any, field: str) -> None:
    reply = send(nano_server, "/v1/decisions", body)
    assert reply.status == 400
    assert reply.json["error"]["param"] == field
