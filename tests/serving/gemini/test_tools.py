"""Tools, forms and documents through the official client, the bundled model behind it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

genai = pytest.importorskip("google.genai")
pytest.importorskip("pypdfium2")

from google.genai import errors, types  # noqa: E402
from tests.pdfs import pdf  # noqa: E402
from tests.serving.conftest import Running  # noqa: E402
from tests.serving.sent import PNG  # noqa: E402

from sensorium.serving.faults import Refusal  # noqa: E402
from sensorium.serving.fields import Fields  # noqa: E402
from sensorium.serving.gemini.contents import camel  # noqa: E402
from sensorium.serving.gemini.schemas import json_schema  # noqa: E402
from sensorium.serving.gemini.tools import parts_of, toolbox  # noqa: E402
from sensorium.serving.tools import Tool, Toolbox, call_part  # noqa: E402

SHAPE: Any = {"type": "OBJECT", "properties": {"the_shape": {"type": "STRING", "enum": ["circle", "square"]}}}
SHAPE["required"] = ["the_shape"]
REPORT = types.FunctionDeclaration(name="report", description="Say it.", parameters=SHAPE)
MODE = types.FunctionCallingConfigMode.ANY
CALLING = types.FunctionCallingConfig(mode=MODE, allowed_function_names=["report"])
ANY = types.ToolConfig(function_calling_config=CALLING)
ASKED: Any = [types.Part.from_bytes(data=PNG, mime_type="image/png"), "What shape is this?"]


@pytest.fixture(scope="module")
def client(nano_server: Running) -> Iterator[Any]:
    made = genai.Client(api_key=nano_server.key, http_options=types.HttpOptions(base_url=nano_server.url))
    yield made
    made.close()


def config(**options: Any) -> Any:
    given: Any = {"max_output_tokens": 120, "automatic_function_calling": {"disable": True}} | options
    return types.GenerateContentConfig(**given)


def test_a_tool_that_must_be_called_is_called_whole_and_streamed(client: Any) -> None:
    asked = config(tools=[types.Tool(function_declarations=[REPORT])], tool_config=ANY)
    whole = client.models.generate_content(model="nano", contents=ASKED, config=asked)
    calls = [(call.name, call.args) for call in whole.function_calls or ()]
    pieces = list(client.models.generate_content_stream(model="nano", contents=ASKED, config=asked))
    assert [(call.name, call.args) for piece in pieces for call in piece.function_calls or ()] == calls
    assert {name for name, _ in calls} <= {"report"}
    assert all(args["the_shape"] in ("circle", "square") for _, args in calls)
    assert calls or whole.candidates[0].finish_reason == "MAX_TOKENS"


def test_results_go_back_to_the_model(client: Any) -> None:
    talk = [
        types.UserContent(ASKED),
        types.ModelContent([types.Part.from_function_call(name="report", args={"the_shape": "circle"})]),
        types.UserContent([types.Part.from_function_response(name="report", response={"the_note": "noted"})]),
    ]
    made = client.models.generate_content(model="nano", contents=talk, config=config(max_output_tokens=4))
    assert made.usage_metadata.prompt_token_count > 30
    shown = types.FunctionResponsePart(inline_data=types.FunctionResponseBlob(data=PNG, mime_type="image/png"))
    talk[2] = types.UserContent(
        [types.Part.from_function_response(name="report", response={"the_note": "noted"}, parts=[shown])]
    )
    seen = client.models.generate_content(model="nano", contents=talk, config=config(max_output_tokens=4))
    assert seen.usage_metadata.prompt_token_count > made.usage_metadata.prompt_token_count + 4


def test_a_model_that_does_not_choose_says_so(client: Any) -> None:
    asked = config(tools=[types.Tool(function_declarations=[REPORT])])
    with pytest.raises(errors.ClientError, match="not trained to choose") as caught:
        client.models.generate_content(model="nano", contents="What?", config=asked)
    assert caught.value.status == "INVALID_ARGUMENT"


@pytest.mark.parametrize("name", ["response_schema", "response_json_schema"])
def test_answers_are_held_to_a_schema(client: Any, name: str) -> None:
    schema = SHAPE if name == "response_schema" else json_schema(SHAPE, "")
    asked = config(response_mime_type="application/json", **{name: schema})
    made = client.models.generate_content(model="nano", contents=ASKED, config=asked)
    assert json.loads(made.text)["the_shape"] in ("circle", "square")


def test_a_pdf_is_read(client: Any) -> None:
    part = types.Part.from_bytes(data=pdf("circle", ""), mime_type="application/pdf")
    made = client.models.generate_content(model="nano", contents=[part, "What?"], config=config(max_output_tokens=4))
    assert made.usage_metadata.prompt_token_count > 30


def test_schemas_are_spelled_in_json() -> None:
    given = {"type": "ARRAY", "max_items": 3, "items": {"type": "STRING", "nullable": True, "format": "enum"}}
    assert json_schema(given, "s") == {
        "type": "array",
        "maxItems": 3,
        "items": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    }
    with pytest.raises(Refusal, match=r"s\.items\.magic"):
        json_schema({"items": {"magic": 1}}, "s")
    with pytest.raises(Refusal, match=r"s\.type: it is no type"):
        json_schema({"type": "SHAPE"}, "s")


def test_words_of_the_client_keep_their_spelling() -> None:
    given = {"function_call": {"args": {"my_key": 1}}, "generation_config": {"top_p": 1}}
    assert camel(given) == {"functionCall": {"args": {"my_key": 1}}, "generationConfig": {"topP": 1}}


def test_words_and_calls_are_parts() -> None:
    box = Toolbox((Tool("report", "", {}),))
    words, call = parts_of(f"I look. {call_part('report', '{}').text}", box)
    assert words == {"text": "I look. "}
    assert (call["functionCall"]["name"], call["functionCall"]["args"]) == ("report", {})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "toolConfig.functionCallingConfig.mode"),
        ({"tools": [{"googleSearch": {}}]}, "tools[0].googleSearch"),
        (
            {"toolConfig": {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["f"]}}},
            "toolConfig.functionCallingConfig.allowedFunctionNames",
        ),
    ],
    ids=str,
)
def test_tools_that_cannot_be_honoured_are_refused_by_name(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as caught:
        toolbox(Fields(change))
    assert caught.value.field == field
