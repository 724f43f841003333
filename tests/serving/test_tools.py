"""Tools: what a model is told, what its answer is held to, and calls read out of pieces of any size."""

import json
from pathlib import Path

import pytest

from sensorium.chat.message import Text
from sensorium.serving.calls import CallReader, arguments_of, gathered, spoken
from sensorium.serving.drafts import Draft
from sensorium.serving.faults import Refusal
from sensorium.serving.shelf import Card
from sensorium.serving.tools import Tool, Toolbox, call_part, check_tools, joined, knows_tools, result_parts

CITY = Tool("weather", "The weather.", {"properties": {"city": {"type": "string"}}, "required": ["city"]})
LAMP = Tool("lamp", "", {"type": "object", "properties": {"on": {"$ref": "#/$defs/flag"}}, "$defs": {"flag": {}}})
BOX = Toolbox((CITY, LAMP))


def in_pieces(text: str, box: Toolbox, size: int) -> tuple[str, list[tuple[str, str]]]:
    reader = CallReader(box)
    told = [each for at in range(0, len(text), size) for each in reader.push(text[at : at + size])]
    words, calls = gathered([*told, *reader.finish()])
    return words, [(call.name, call.arguments) for call in calls]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_words_and_calls_are_told_apart_whatever_the_pieces(size: int) -> None:
    first = '{"city": "a } \\" <b>"}'
    text = f'Let me see. <tool_call>\n{{"name": "weather", "arguments": {first}}}\n</tool_call>\n'
    text += call_part("lamp", '{"on": {"x": [1]}}').text
    words, calls = in_pieces(text, BOX, size)
    assert words == "Let me see. "
    assert calls == [("weather", first), ("lamp", '{"on": {"x": [1]}}')]


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize("text", ["a <b> c < d", "1 <tool_call", "<tool_call>oh</tool_call> no", '<tool_call>{"name"'])
def test_what_is_no_call_is_words(text: str, size: int) -> None:
    assert in_pieces(text, BOX, size) == (text, [])


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize(
    "body",
    ['{"name": "a\\q", "arguments": {}}', '{"name": ["lamp"], "arguments": {}}', '{"arguments": {}}', "[" * 5000],
)
def test_odd_json_is_words(body: str, size: int) -> None:
    text = f"<tool_call>{body}</tool_call>"
    assert in_pieces(text, BOX, size) == (text, [])


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_nothing_behind_or_before_a_call_is_lost(size: int) -> None:
    begun = '<tool_call>{"name": "lamp", "arguments": {"on": 1}'
    for end in ("", "}", "}\n", "}\n</tool_c", "}</tool_call>"):
        assert in_pieces(begun + end, BOX, size) == ("", [("lamp", '{"on": 1}')])
    assert in_pieces(f"{begun}}} so</tool_call>", BOX, size)[0].strip() == "so"
    assert in_pieces(f"{begun}}} so", BOX, size)[0].strip() == "so"
    cut = '{"name": "lamp", "argu'
    assert in_pieces(f"[{cut}", Toolbox((CITY, LAMP), "required"), size) == (cut, [])


def test_a_call_in_another_order_and_one_of_an_unknown_tool() -> None:
    odd = '<tool_call>{"arguments": {"city": "Bern"}, "name": "weather"}</tool_call>'
    assert in_pieces(odd, BOX, 3)[1] == [("weather", '{"city": "Bern"}')]
    unknown = call_part("fire", "{}").text
    assert in_pieces(unknown, BOX, 3) == (unknown, [])


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_forced_calls_are_read_from_json(size: int) -> None:
    text = '[ {"name": "weather", "arguments": {"city": "Bern"}}, {"name":"lamp","arguments":{}} ]'
    assert in_pieces(text, Toolbox((CITY, LAMP), "required"), size) == (
        "",
        [("weather", '{"city": "Bern"}'), ("lamp", "{}")],
    )
    assert in_pieces('{"city": "Bern"}', Toolbox((CITY,), "named"), size)[1] == [("weather", '{"city": "Bern"}')]


def test_a_call_that_was_cut_has_no_arguments() -> None:
    (call,) = spoken('{"city": "Be', Toolbox((CITY,), "named")).calls
    assert arguments_of(call) is None


def test_references_of_a_schema_still_point_to_its_own() -> None:
    form = Toolbox((CITY, LAMP), "required").form()
    assert form is not None
    schema = json.loads(form.text)
    reference = schema["items"]["anyOf"][1]["properties"]["arguments"]["properties"]["on"]["$ref"]
    at = schema
    for key in reference.removeprefix("#/").split("/"):
        at = at[int(key)] if isinstance(at, list) else at[key]
    assert at == {}


def test_the_model_is_told_behind_the_words_of_the_system() -> None:
    system, user = Draft("system", (Text("Be brief."),)), Draft("user", (Text("What?"),))
    (told, asked) = BOX.shown((system, user))
    assert [each.text[:9] for each in told.parts if isinstance(each, Text)] == ["Be brief.", "\n\n# Tools"]
    assert asked == user
    assert BOX.shown((user,))[0].role == "system"


def test_results_of_several_tools_are_one_message() -> None:
    results = [Draft("user", result_parts((Text(each),))) for each in ("1", "2")]
    (one,) = joined(results)
    assert "".join(each.text for each in one.parts if isinstance(each, Text)).count("<tool_response>") == 2


def test_a_model_chooses_for_itself_only_where_it_learnt_to(tmp_path: Path) -> None:
    card = Card("m", "text", "answer", ("text",), "m", tmp_path)
    with pytest.raises(Refusal, match="not trained to choose"):
        check_tools(BOX, card)
    check_tools(Toolbox((CITY,), "named"), card)
    (tmp_path / "chat_template.jinja").write_text("{% if tools %}<tool_call>{% endif %}")
    check_tools(BOX, card)


def test_a_template_is_read_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    inner = Path.read_bytes

    def counted(path: Path) -> bytes:
        read.append(path)
        return inner(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    card = Card("m", "f", "answer", ("text",), "m", tmp_path)
    template = tmp_path / "chat_template.jinja"
    template.write_text("no calls")
    assert [knows_tools(card), knows_tools(card), read] == [False, False, [template]]
    template.write_text("now with <tool_call>")  # as a model that is loaded anew may have it
    assert [knows_tools(card), knows_tools(card), len(read)] == [True, True, 2]
