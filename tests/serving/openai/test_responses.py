"""Responses through the official client, against a server that runs."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from tests.serving.conftest import Running
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
        ({"store": True}, "store"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"background": True}, "background"),
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type"),
        ({"truncation": "auto"}, "truncation"),
        ({"reasoning": {"effort": "high"}}, "reasoning"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]},
            "input[0].content[0].file_id",
        ),
        ({"input": [{"type": "function_call_output", "output": "x"}]}, "input[0].type"),
        ({"input": []}, "input"),
        ({"nonsense": 1}, "nonsense"),
    ],
    ids=str,
)
def test_what_cannot_be_honoured_is_refused_by_name(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as caught:
        read({"model": "tiny", "input": "What?", **change}, ServerLimits())
    assert caught.value.field == field
