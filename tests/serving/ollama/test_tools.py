"""Tools and documents through the official client, the bundled model behind it."""

from collections.abc import Iterator
from typing import Any

import pytest

ollama = pytest.importorskip("ollama")
pytest.importorskip("pypdfium2")

from tests.pdfs import pdf  # noqa: E402
from tests.serving.conftest import Running  # noqa: E402
from tests.serving.hardening.spoken import send  # noqa: E402
from tests.serving.sent import PNG, b64  # noqa: E402

SHAPE = {"type": "object", "properties": {"shape": {"enum": ["circle", "square"]}}, "required": ["shape"]}
REPORT = {"type": "function", "function": {"name": "report", "description": "Say it.", "parameters": SHAPE}}
ASKED = {"role": "user", "content": "What shape is this?", "images": [b64(PNG)]}


@pytest.fixture(scope="module")
def client(nano_server: Running) -> Iterator[Any]:
    with ollama.Client(host=nano_server.url, headers=nano_server.headers) as made:
        yield made


def test_a_model_that_does_not_choose_says_so(client: Any) -> None:
    with pytest.raises(ollama.ResponseError, match="nano was not trained to choose tools") as caught:
        client.chat(model="nano", messages=[ASKED], tools=[REPORT])
    assert caught.value.status_code == 400
    assert "tools" not in client.show("nano").capabilities


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_that_must_be_called_is_called(nano_server: Running, stream: bool) -> None:
    named = {"type": "function", "function": {"name": "report"}}
    body = {"model": "nano", "messages": [ASKED], "tools": [REPORT], "tool_choice": named, "stream": stream}
    reply = send(nano_server, "/api/chat", {**body, "options": {"num_predict": 100}})
    assert reply.status == 200
    (call,) = reply.json["message"]["tool_calls"]
    assert call["function"]["name"] == "report"
    assert call["function"]["arguments"]["shape"] in ("circle", "square")
    assert reply.json["done"]


def test_results_go_back_to_the_model_and_a_pdf_is_read(client: Any) -> None:
    call = {"function": {"name": "report", "arguments": {"shape": "circle"}}}
    talk = [
        ASKED,
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "noted", "tool_name": "report"},
    ]
    made = client.chat(model="nano", messages=talk, options={"num_predict": 4})
    assert made.prompt_eval_count > 40
    paper = {"role": "user", "content": "What?", "images": [b64(pdf("circle"))]}
    read = client.chat(model="nano", messages=[paper], options={"num_predict": 4})
    assert read.prompt_eval_count > 20
