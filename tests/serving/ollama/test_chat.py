"""Chat and generate through the official client, against a server that runs."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

ollama = pytest.importorskip("ollama")

from tests.serving.conftest import Running  # noqa: E402
from tests.serving.hardening.spoken import send  # noqa: E402
from tests.serving.sent import PNG, WAV  # noqa: E402

OPTIONS = {"num_predict": 6, "num_ctx": 2048}


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[Any]:
    with ollama.Client(host=server.url, headers=server.headers) as made:
        yield made


@pytest.mark.parametrize("images", [[PNG], [WAV], []], ids=["image", "audio", "text"])
def test_a_talk_is_answered_the_same_whole_and_in_pieces(client: Any, images: list[bytes]) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is this?", "images": images},
    ]
    whole = client.chat(model="tiny:latest", messages=messages, options=OPTIONS)
    assert whole.done
    assert whole.done_reason in ("stop", "length")
    assert 0 < whole.eval_count <= 6
    pieces = list(client.chat(model="tiny", messages=messages, options=OPTIONS, stream=True))
    assert "".join(piece.message.content for piece in pieces) == whole.message.content
    assert (pieces[-1].prompt_eval_count, pieces[-1].eval_count) == (whole.prompt_eval_count, whole.eval_count)


def test_a_question_is_answered_the_same_whole_and_in_pieces(client: Any) -> None:
    asked = {"model": "tiny", "prompt": "What is this?", "images": [PNG], "system": "Be brief.", "options": OPTIONS}
    whole = client.generate(**asked)
    assert "".join(piece.response for piece in client.generate(**asked, stream=True)) == whole.response


def test_the_asynchronous_client(server: Running) -> None:
    async def ask() -> tuple[str, str]:
        async with ollama.AsyncClient(host=server.url, headers=server.headers) as client:
            asked = {"model": "tiny", "prompt": "What is this?", "options": OPTIONS}
            whole = await client.generate(**asked)
            pieces = [piece.response async for piece in await client.generate(**asked, stream=True)]
            return whole.response, "".join(pieces)

    whole, streamed = asyncio.run(ask())
    assert whole == streamed


def test_models(client: Any) -> None:
    (model,) = client.list().models
    assert (model.model, model.details.family) == ("tiny", "nano")
    assert model.size > 1000
    assert client.show("tiny").capabilities == ["completion", "vision", "audio", "video"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"model": "llama3"}, "model: there is no model 'llama3' here"),
        ({"format": {"type": "nothing"}}, "schema:"),
        ({"think": True}, "think:"),
        ({"options": {"mirostat": 1}}, "options.mirostat:"),
        ({"options": {"repeat_penalty": -1}}, "options.repeat_penalty:"),
        ({"images": ["AAA="]}, r"images\[0\]:"),
    ],
    ids=str,
)
def test_what_cannot_be_honoured_is_refused_by_name(client: Any, change: dict[str, Any], told: str) -> None:
    with pytest.raises(ollama.ResponseError, match=told) as caught:
        client.generate(**{"model": "tiny", "prompt": "What?", **change})
    assert 400 <= caught.value.status_code < 500


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate", "/api/show"])
def test_an_unknown_model_is_told_as_ollama_does(server: Running, path: str) -> None:
    words = {"prompt": "x"} if path == "/api/generate" else {"messages": [{"role": "user", "content": "x"}]}
    reply = send(server, path, {"model": "absent"} | ({} if path == "/api/show" else words))
    assert reply.status == 404
    assert list(reply.json) == ["error"]
    assert "there is no model 'absent' here" in reply.json["error"]
