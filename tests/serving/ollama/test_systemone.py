"""Typed decisions as System One has them, through Ollama's client and as transformers' server takes them."""

from collections.abc import Iterator
from typing import Any

import ollama
import pytest
from tests.serving.conftest import Running
from tests.serving.hardening.spoken import send
from tests.serving.openai.test_decisions import square

PICTURE = square().rpartition(",")[2]
NOUL: Any = {"type": "noul", "instructions": "Is there a square?", "criteria": {"true": "one or more"}}
CHOICE: Any = {
    "type": "choice",
    "instructions": "Which colour is the square?",
    "criteria": {"red": None, "blue": None, "green": None},
}
SCORE: Any = {"type": "score", "instructions": "How many squares are there?", "criteria": ["1", "2", "3"]}


@pytest.fixture
def client(nano_server: Running) -> Iterator[ollama.Client]:
    made = ollama.Client(host=nano_server.url, headers=nano_server.headers)
    yield made
    made._client.close()


def test_the_client_of_ollama(client: ollama.Client) -> None:
    made = client.systemone("nano", {"seen": "a red square"}, {"a": NOUL, "b": CHOICE, "c": SCORE})
    assert list(made.answers) == ["a", "b", "c"]
    assert 0 <= made.answers["a"]["noul"] <= 1
    assert sum(made.answers["b"]["probabilities"].values()) == pytest.approx(1)
    assert made.answers["c"]["legend"] == {"0": "1", "1": "2", "2": "3"}
    with pytest.raises(ollama.ResponseError, match="there is no model 'absent'"):
        client.systemone("absent", "x", {"a": NOUL})


@pytest.mark.parametrize(
    "shown",
    [
        {"state": {"photo": "img-1"}, "assets": {"img-1": {"data_base64": PICTURE}}},
        {"state": "", "images": [PICTURE]},
    ],
    ids=["by name", "before the state"],
)
def test_pictures_are_seen(nano_server: Running, shown: Any) -> None:
    reply = send(nano_server, "/v1/systemone", {"model": "nano", **shown, "questions": {"b": CHOICE, "c": SCORE}})
    assert reply.status == 200
    choice, score = reply.json["answers"].values()
    assert choice["choice"] == "red"
    assert 0 <= choice["confidence"] <= 1
    assert score["score"] < 0.7


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"state": "x", "assets": {"img": {"data_base64": PICTURE}}, "questions": {"a": NOUL}}, "assets.img"),
        ({"state": 3, "questions": {"a": NOUL}}, "state"),
        ({"state": "x", "questions": {}}, "questions"),
        ({"state": "x", "questions": {"a": {**CHOICE, "criteria": ["red"]}}}, "questions.a.criteria"),
        ({"state": "x", "questions": {"a": {**NOUL, "criteria": {"maybe": "?"}}}}, "questions.a.criteria.maybe"),
        ({"state": "x", "questions": {"a": NOUL}, "stream": True}, "stream"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(nano_server: Running, body: Any, named: str) -> None:
    reply = send(nano_server, "/v1/systemone", {"model": "nano", **body})
    assert reply.status == 400
    assert reply.json["error"].startswith(f"{named}: ")
