"""Tools of chat completions and responses through the official client, the bundled model behind it."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from tests.serving.conftest import Running
from tests.serving.sent import PNG, uri

from sensorium.serving.faults import Refusal
from sensorium.serving.fields import Fields
from sensorium.serving.openai.tools import toolbox

IMAGE = {"type": "image_url", "image_url": {"url": uri(PNG, "image/png")}}
SCHEMA = {
    "type": "object",
    "properties": {"shape": {"enum": ["circle", "square"]}, "lit": {"type": "boolean"}},
    "required": ["shape", "lit"],
    "additionalProperties": False,
}
REPORT: Any = {"type": "function", "function": {"name": "report", "description": "Say it.", "parameters": SCHEMA}}
STOP: Any = {"type": "function", "function": {"name": "stop", "parameters": {"type": "object", "maxProperties": 0}}}
ASKED: Any = [{"role": "user", "content": [IMAGE, {"type": "text", "text": "What shape is this?"}]}]
NAMED: Any = {"type": "function", "function": {"name": "report"}}


@pytest.fixture(scope="module")
def client(nano_server: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{nano_server.url}/v1", api_key=nano_server.key, max_retries=0) as made:
        yield made


def check(arguments: str) -> None:
    found = json.loads(arguments)
    assert set(found) == {"shape", "lit"}
    assert found["shape"] in ("circle", "square")


@pytest.mark.parametrize("choice", [NAMED, "required"], ids=["named", "required"])
def test_a_tool_that_must_be_called_is_called_whole_and_in_pieces(client: openai.OpenAI, choice: Any) -> None:
    asked: Any = {"model": "nano", "messages": ASKED, "tools": [REPORT], "tool_choice": choice, "max_tokens": 120}
    asked["parallel_tool_calls"] = False
    whole = client.chat.completions.create(**asked).choices[0]
    assert whole.finish_reason == "tool_calls"
    assert whole.message.content is None
    (call,) = whole.message.tool_calls or []
    assert isinstance(call.function.name, str)
    assert call.function.name == "report"
    check(call.function.arguments)
    with client.chat.completions.stream(**asked) as stream:
        pieces = [event for event in stream if event.type == "tool_calls.function.arguments.delta"]
        final = stream.get_final_completion().choices[0]
    assert len(pieces) > 1
    (streamed,) = final.message.tool_calls or []
    assert (streamed.function.name, streamed.function.arguments) == ("report", call.function.arguments)
    assert final.finish_reason == "tool_calls"


def test_several_calls_at_once(client: openai.OpenAI) -> None:
    made = client.chat.completions.create(
        model="nano", messages=ASKED, tools=[REPORT, STOP], tool_choice="required", max_tokens=150
    ).choices[0]
    calls: Any = made.message.tool_calls
    assert made.finish_reason in ("tool_calls", "length")
    assert {call.function.name for call in calls} <= {"report", "stop"}
    assert len({call.id for call in calls}) == len(calls)


def test_results_with_pictures_go_back_to_the_model(client: openai.OpenAI) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "report", "arguments": '{"shape": "circle"}'}}
    talk: Any = [
        *ASKED,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "noted"},
    ]
    plain = client.chat.completions.create(
        model="nano", messages=talk, tools=[REPORT], tool_choice="none", max_tokens=4
    )
    assert plain.choices[0].message.tool_calls is None
    talk[-1] = {"role": "tool", "tool_call_id": "call_1", "content": [IMAGE, {"type": "text", "text": "noted"}]}
    seen = client.chat.completions.create(model="nano", messages=talk, max_tokens=4)
    assert plain.usage is not None
    assert seen.usage is not None
    assert seen.usage.prompt_tokens > plain.usage.prompt_tokens + 4


def test_a_model_that_does_not_choose_says_so(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="nano was not trained to choose tools") as caught:
        client.chat.completions.create(model="nano", messages=ASKED, tools=[REPORT])
    assert caught.value.param == "tools"


@pytest.mark.parametrize("choice", [{"type": "function", "name": "report"}, "required"], ids=["named", "required"])
def test_responses_call_tools_whole_and_in_pieces(client: openai.OpenAI, choice: Any) -> None:
    flat: Any = {"type": "function", "strict": True, **REPORT["function"]}
    asked: Any = {"model": "nano", "tools": [flat], "tool_choice": choice, "parallel_tool_calls": False}
    asked |= {"input": "What shape is this?", "max_output_tokens": 120}
    whole: Any = client.responses.create(**asked)
    (call,) = whole.output
    assert (call.type, call.name, whole.status) == ("function_call", "report", "completed")
    check(call.arguments)
    with client.responses.stream(**asked) as stream:
        events = list(stream)
        final: Any = stream.get_final_response()
    assert any(event.type == "response.function_call_arguments.delta" for event in events)
    assert final.output[0].arguments == call.arguments
    result: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "noted"}]
    back = client.responses.create(model="nano", input=result, previous_response_id=whole.id, max_output_tokens=4)
    assert back.usage is not None
    shown: Any = [{"role": "user", "content": asked["input"]}, call.model_dump(exclude_none=True), *result]
    again = client.responses.create(model="nano", input=shown, max_output_tokens=4)
    assert again.usage is not None
    assert back.usage.input_tokens == again.usage.input_tokens
    further = client.responses.create(model="nano", input=result, previous_response_id=back.id, max_output_tokens=4)
    assert further.id
    other: Any = [{**result[0], "call_id": "x"}]
    for input_, options in ((result, {}), (other, {"previous_response_id": whole.id})):
        with pytest.raises(openai.BadRequestError, match="there is no call") as caught:
            client.responses.create(model="nano", input=input_, max_output_tokens=4, **options)
        assert caught.value.param == "input[0].call_id"


def test_the_asynchronous_client(nano_server: Running) -> None:
    async def ask() -> Any:
        async with openai.AsyncOpenAI(base_url=f"{nano_server.url}/v1", api_key=nano_server.key) as client:
            return await client.chat.completions.create(
                model="nano", messages=ASKED, tools=[REPORT], tool_choice=NAMED, max_tokens=60
            )

    (call,) = asyncio.run(ask()).choices[0].message.tool_calls
    check(call.function.arguments)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": NAMED}, "tool_choice"),
        ({"tool_choice": "perhaps"}, "tool_choice"),
        ({"tool_choice": {"type": "allowed_tools"}}, "tool_choice.type"),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools[0].type"),
        ({"tools": [{"type": "function", "function": {"name": ""}}]}, "tools[0].function.name"),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]},
            "tools[0].function.parameters",
        ),
    ],
    ids=str,
)
def test_tools_that_cannot_be_honoured_are_refused_by_name(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as caught:
        toolbox(Fields(change))
    assert caught.value.field == field
