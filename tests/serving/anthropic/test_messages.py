"""Messages through the official client, against a server that runs."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

anthropic = pytest.importorskip("anthropic")

from tests.serving.conftest import Running  # noqa: E402
from tests.serving.sent import PNG, b64  # noqa: E402

from sensorium.serving.anthropic.messages import read  # noqa: E402
from sensorium.serving.faults import Refusal  # noqa: E402
from sensorium.serving.limits import ServerLimits  # noqa: E402

IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": b64(PNG)}}
NOTE = {
    "type": "document",
    "title": "A note",
    "source": {"type": "text", "media_type": "text/plain", "data": "What is this?"},
}
PDF = {
    "type": "document",
    "source": {"type": "base64", "media_type": "application/pdf", "data": b64(b"%PDF-1.7\n%%EOF")},
}
WORDS = {"type": "text", "text": "What is this?"}


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[Any]:
    with anthropic.Anthropic(base_url=server.url, api_key=server.key, max_retries=0) as made:
        yield made


def talk(*parts: Any) -> list[Any]:
    return [{"role": "user", "content": list(parts)}]


@pytest.mark.parametrize("parts", [[IMAGE, WORDS], [NOTE], [WORDS]], ids=["image", "document", "text"])
def test_answers_are_the_same_whole_and_streamed(client: Any, parts: list[Any]) -> None:
    asked = {"model": "tiny", "messages": talk(*parts), "max_tokens": 6, "system": "Be brief."}
    whole = client.messages.create(**asked)
    assert whole.stop_reason in ("end_turn", "max_tokens")
    assert whole.usage.input_tokens > 5
    with client.messages.stream(**asked) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == whole.content[0].text == final.content[0].text
    assert (final.stop_reason, final.usage.output_tokens) == (whole.stop_reason, whole.usage.output_tokens)
    assert final.usage.input_tokens == whole.usage.input_tokens


def test_tokens_are_counted_as_they_are_used(client: Any) -> None:
    counted = client.messages.count_tokens(model="tiny", messages=talk(IMAGE, WORDS))
    used = client.messages.create(model="tiny", messages=talk(IMAGE, WORDS), max_tokens=1)
    assert counted.input_tokens == used.usage.input_tokens


def test_a_stop_sequence_is_named(client: Any) -> None:
    asked = {"model": "tiny", "messages": talk(IMAGE, WORDS), "max_tokens": 30}
    text = client.messages.create(**asked).content[0].text
    stop = text[3:5]
    made = client.messages.create(**asked, stop_sequences=[stop])
    assert (made.stop_reason, made.stop_sequence) == ("stop_sequence", stop)
    assert made.content[0].text == text[: text.index(stop)]


def test_the_asynchronous_client(server: Running) -> None:
    async def ask() -> tuple[str, str]:
        async with anthropic.AsyncAnthropic(base_url=server.url, api_key=server.key, max_retries=0) as client:
            asked = {"model": "tiny", "messages": talk(WORDS), "max_tokens": 5}
            whole = await client.messages.create(**asked)
            async with client.messages.stream(**asked) as stream:
                return whole.content[0].text, "".join([text async for text in stream.text_stream])

    whole, streamed = asyncio.run(ask())
    assert whole == streamed


def test_models(client: Any) -> None:
    assert [model.id for model in client.models.list()] == ["tiny"]
    assert client.models.retrieve("tiny").display_name == "tiny"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tools": [{"name": "f", "input_schema": []}]}, "tools[0].input_schema"),
        ({"tools": [{"type": "web_search_20250305", "name": "f"}]}, "tools[0].type"),
        ({"tool_choice": {"type": "any"}}, "tool_choice"),
        ({"tool_choice": {"type": "tool", "name": "f"}}, "tool_choice.name"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "thinking"),
        ({"output_config": {"effort": "high"}}, "output_config.effort"),
        ({"nonsense": 1}, "nonsense"),
        ({"max_tokens": None}, "max_tokens"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": []}]}, "messages[0].content"),
        (
            {"messages": [{"role": "assistant", "content": [{"type": "tool_result", "tool_use_id": "1"}]}]},
            "messages[0].content[0].type",
        ),
        ({"messages": [{"role": "assistant", "content": [IMAGE]}]}, "messages[0].content[0].type"),
        ({"messages": talk({**NOTE, "citations": {"enabled": 1}})}, "messages[0].content[0].citations.enabled"),
    ],
    ids=str,
)
def test_what_cannot_be_honoured_is_refused_by_name(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as caught:
        read({"model": "tiny", "messages": talk(WORDS), "max_tokens": 5, **change}, ServerLimits())
    assert caught.value.field == field


def test_errors_have_the_shape_that_the_client_knows(client: Any, server: Running) -> None:
    with pytest.raises(anthropic.BadRequestError, match="top_k") as caught:
        client.messages.create(model="tiny", messages=talk(WORDS), max_tokens=5, extra_body={"top_k": -1})
    assert caught.value.body["type"] == "error"
    assert caught.value.body["error"]["type"] == "invalid_request_error"
    assert caught.value.request_id == caught.value.body["request_id"]
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(model="claude", messages=talk(WORDS), max_tokens=5)
    with (
        anthropic.Anthropic(base_url=server.url, api_key="wrong-key", max_retries=0) as other,
        pytest.raises(anthropic.AuthenticationError),
    ):
        other.models.list()
    with pytest.raises(anthropic.APIStatusError, match="PDF"):
        client.messages.create(model="tiny", messages=talk(PDF, WORDS), max_tokens=5)
