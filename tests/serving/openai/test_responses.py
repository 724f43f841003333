"""Responses through the official client, against a server that runs."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from tests.serving.conftest import KEY, Running, Start
from tests.serving.hardening.spoken import send
from tests.serving.sent import PNG, WAV, b64, uri

from sensorium.serving.faults import Refusal
from sensorium.serving.limits import ServerLimits
from sensorium.serving.openai.responses import read

IMAGE = {"type": "input_image", "image_url": uri(PNG, "image/png")}
FILE = {"type": "input_file", "file_data": uri(PNG, "image/png"), "filename": "a.png"}
AUDIO = {"type": "input_audio", "input_audio": {"data": b64(WAV), "format": "wav"}}
WORDS = {"type": "input_text", "text": "What is this?"}


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0) as made:
        yield made


@pytest.mark.parametrize("part", [IMAGE, FILE, AUDIO], ids=lambda part: part["type"])
def test_answers_are_the_same_whole_and_streamed(client: openai.OpenAI, part: Any) -> None:
    asked: Any = {
        "model": "tiny",
        "instructions": "Be brief.",
        "input": [{"role": "user", "content": [part, WORDS]}],
        "max_output_tokens": 6,
    }
    whole = client.responses.create(**asked)
    assert whole.status in ("completed", "incomplete")
    assert whole.usage is not None
    assert whole.usage.input_tokens > 10
    with client.responses.stream(**asked) as stream:
        events = list(stream)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == whole.output_text
    last = events[-1]
    assert last.type in ("response.completed", "response.incomplete")
    assert last.response.output_text == whole.output_text


def test_a_talk_goes_on_with_its_answers_sent_back(client: openai.OpenAI) -> None:
    first = client.responses.create(model="tiny", input="What is this?", max_output_tokens=3)
    talk: Any = [
        {"role": "user", "content": "What is this?"},
        *[item.model_dump() for item in first.output],
        {"role": "user", "content": "And?"},
    ]
    second = client.responses.create(model="tiny", input=talk, max_output_tokens=3)
    assert second.usage is not None
    assert first.usage is not None
    assert second.usage.input_tokens > first.usage.input_tokens


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"conversation": "conv_1"}, "conversation"),
        ({"background": True}, "background"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tool_choice": {"type": "function", "name": "f"}}, "tool_choice"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type"),
        ({"truncation": "auto"}, "truncation"),
        ({"reasoning": {"effort": "high"}}, "reasoning"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_file", "file_data": "f"}]}]},
            "input[0].content[0].file_data",
        ),
        ({"input": [{"type": "computer_call_output", "output": "x"}]}, "input[0].type"),
        ({"input": [{"type": "function_call", "name": "f", "arguments": "x"}]}, "input[0].arguments"),
        ({"input": []}, "input"),
        ({"nonsense": 1}, "nonsense"),
    ],
    ids=str,
)
def test_what_cannot_be_honoured_is_refused_by_name(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as caught:
        read({"model": "tiny", "input": "What?", **change}, ServerLimits())
    assert caught.value.field == field


def test_a_talk_goes_on_from_a_response_that_is_kept(client: openai.OpenAI) -> None:
    item: Any = [{"role": "user", "content": [IMAGE, WORDS]}]
    first = client.responses.create(model="tiny", input=item, instructions="Be brief.", max_output_tokens=3)
    assert client.responses.retrieve(first.id) == first
    second = client.responses.create(
        model="tiny", input="And?", previous_response_id=first.id, instructions="Be brief.", max_output_tokens=3
    )
    talk: Any = [*item, *[each.model_dump() for each in first.output], {"role": "user", "content": "And?"}]
    same = client.responses.create(model="tiny", input=talk, instructions="Be brief.", max_output_tokens=3)
    assert second.output_text == same.output_text
    assert second.usage == same.usage
    (asked,) = client.responses.input_items.list(second.id).data
    assert asked.model_dump()["content"][0]["text"] == "And?"
    with pytest.raises(openai.BadRequestError, match="has ended"):
        client.responses.cancel(first.id)
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(first.id)
    with pytest.raises(openai.NotFoundError, match="previous_response_id"):
        client.responses.create(model="tiny", input="And?", previous_response_id=first.id)
    third = client.responses.create(model="tiny", input="?", previous_response_id=second.id, max_output_tokens=2)
    assert third.previous_response_id == second.id


def test_streamed_responses_are_kept_and_others_are_not(client: openai.OpenAI) -> None:
    with client.responses.stream(model="tiny", input="What?", max_output_tokens=3) as stream:
        last = list(stream)[-1]
    assert last.type in ("response.completed", "response.incomplete")
    assert client.responses.retrieve(last.response.id).output_text == last.response.output_text
    forgotten = client.responses.create(model="tiny", input="What?", max_output_tokens=3, store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(forgotten.id)


def test_a_response_of_another_key_is_not_there(start: Start) -> None:
    with start(keys=(KEY, "another-key")) as running:
        body = {"model": "tiny", "input": "What?", "max_output_tokens": 2}
        id_ = send(running, "/v1/responses", body).json["id"]
        assert send(running, f"/v1/responses/{id_}", method="GET").status == 200
        for method in ("GET", "DELETE"):
            assert send(running, f"/v1/responses/{id_}", method=method, key="another-key").status == 404
        taken = send(running, "/v1/responses", {**body, "previous_response_id": id_}, key="another-key")
        assert taken.status == 404
