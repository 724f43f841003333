"""Tools, and documents with citations, through the official client, the bundled model behind it."""

from collections.abc import Iterator
from typing import Any

import pytest

anthropic = pytest.importorskip("anthropic")
pytest.importorskip("pypdfium2")

from tests.pdfs import pdf  # noqa: E402
from tests.serving.conftest import Running  # noqa: E402
from tests.serving.sent import PNG, b64  # noqa: E402

from sensorium.serving.anthropic.answers import Events, content  # noqa: E402
from sensorium.serving.anthropic.blocks import Paper  # noqa: E402
from sensorium.serving.drafts import Given  # noqa: E402
from sensorium.serving.tools import Tool, Toolbox, call_part  # noqa: E402

IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": b64(PNG)}}
WORDS = {"type": "text", "text": "What shape is this?"}
SHAPE = {
    "name": "report",
    "description": "Say it.",
    "input_schema": {"type": "object", "properties": {"shape": {"enum": ["circle", "square"]}}, "required": ["shape"]},
}
SHAPE["input_schema"]["additionalProperties"] = False  # type: ignore[index]


@pytest.fixture(scope="module")
def client(nano_server: Running) -> Iterator[Any]:
    with anthropic.Anthropic(base_url=nano_server.url, api_key=nano_server.key, max_retries=0) as made:
        yield made


def talk(*parts: Any) -> list[Any]:
    return [{"role": "user", "content": list(parts)}]


@pytest.mark.parametrize("choice", [{"type": "tool", "name": "report"}, {"type": "any"}], ids=["tool", "any"])
def test_a_tool_that_must_be_called_is_called_whole_and_in_pieces(client: Any, choice: Any) -> None:
    choice = {**choice, "disable_parallel_tool_use": True}
    asked = {"model": "nano", "messages": talk(IMAGE, WORDS), "tools": [SHAPE], "tool_choice": choice}
    whole = client.messages.create(**asked, max_tokens=100)
    (use,) = whole.content
    assert (whole.stop_reason, use.type, use.name) == ("tool_use", "tool_use", "report")
    assert use.input["shape"] in ("circle", "square")
    with client.messages.stream(**asked, max_tokens=100) as stream:
        kinds = [each.type for each in stream]
        final = stream.get_final_message()
    assert "input_json" in kinds
    assert (final.content[0].name, final.content[0].input, final.stop_reason) == ("report", use.input, "tool_use")
    counted = client.messages.count_tokens(**asked)
    assert counted.input_tokens == whole.usage.input_tokens


def test_results_with_pictures_go_back_to_the_model(client: Any) -> None:
    def ask(*result: Any, **more: Any) -> Any:
        used = {"type": "tool_use", "id": "t1", "name": "report", "input": {"shape": "circle"}}
        back = {"type": "tool_result", "tool_use_id": "t1", "content": list(result), **more}
        messages = [*talk(IMAGE, WORDS), {"role": "assistant", "content": [used]}, *talk(back)]
        return client.messages.create(
            model="nano", messages=messages, tools=[SHAPE], tool_choice={"type": "none"}, max_tokens=4
        )

    words = {"type": "text", "text": "noted"}
    plain, seen = ask(words), ask(words, IMAGE)
    assert plain.content[0].type == "text"
    assert seen.usage.input_tokens > plain.usage.input_tokens + 4
    assert ask(words, is_error=True).usage.input_tokens > plain.usage.input_tokens


def test_a_model_that_does_not_choose_says_so(client: Any) -> None:
    with pytest.raises(anthropic.BadRequestError, match="tools: nano was not trained"):
        client.messages.create(model="nano", messages=talk(WORDS), tools=[SHAPE], max_tokens=5)


def document(data: bytes, *, cited: bool = True) -> dict[str, Any]:
    source = {"type": "base64", "media_type": "application/pdf", "data": b64(data)}
    return {"type": "document", "title": "Bill", "source": source, "citations": {"enabled": cited}}


def test_a_pdf_is_read_and_answers_cite_pages(client: Any) -> None:
    """All words that the model may say of it stand on the second page."""
    form = {"format": {"type": "json_schema", "schema": {"enum": ["a"]}}}
    asked = {"model": "nano", "messages": talk(document(pdf("", "circle square no yes")), WORDS), "max_tokens": 12}
    made = client.messages.create(**asked)
    assert made.usage.input_tokens > 20
    for each in made.content[0].citations or ():
        assert (each.type, each.start_page_number, each.end_page_number) == ("page_location", 2, 3)
        assert each.document_title == "Bill"
    with client.messages.stream(**asked) as stream:
        final = stream.get_final_message()
    assert final.content[0].text == made.content[0].text
    assert (final.content[0].citations or None) == made.content[0].citations
    with pytest.raises(anthropic.BadRequestError, match="to cite"):
        client.messages.create(**asked, output_config=form)
    both = talk(document(pdf("a")), document(pdf("b"), cited=False), WORDS)
    with pytest.raises(anthropic.BadRequestError, match="some documents alone"):
        client.messages.create(model="nano", messages=both, max_tokens=5)


def test_documents_are_not_read_for_a_request_that_is_refused(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    monkeypatch.setattr("sensorium.serving.drafts.Decoder.page_texts", lambda _, given: read.append(given))
    too_many = talk(*[document(pdf("a"))] * 40, WORDS)
    with pytest.raises(anthropic.APIStatusError, match=r"40 .*32"):
        client.messages.create(model="nano", messages=too_many, max_tokens=5)
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(model="nobody", messages=talk(document(pdf("a")), WORDS), max_tokens=5)
    assert read == []


PAGES = ("Bill of March", "In all 42 euro\nThank you")
PAPERS = ((Paper(Given("f", "data:"), "Bill", cited=True), PAGES), (Paper(PAGES[1], None, cited=True), (PAGES[1],)))


def test_citations_name_pages_and_letters() -> None:
    (block,) = content("In all 42 euro.", None, PAPERS)
    page, letters = block["citations"]
    assert (page["type"], page["start_page_number"], page["document_index"]) == ("page_location", 2, 0)
    assert (letters["type"], letters["start_char_index"], letters["end_char_index"]) == ("char_location", 0, 14)
    assert page["cited_text"] == letters["cited_text"] == "In all 42 euro"
    events = Events(None, PAPERS)
    told = b"".join([*events.begin(), *events.push("In all "), *events.push("42 euro."), *events.finish()])
    assert told.count(b"citations_delta") == 2
    assert told.index(b"citations_delta") < told.index(b"content_block_stop")


def test_words_before_a_call_are_a_block_of_their_own() -> None:
    box = Toolbox((Tool("report", "", {}),))
    text = f"I look. {call_part('report', '{}').text}"
    assert [block["type"] for block in content(text, box, None)] == ["text", "tool_use"]
    events = Events(box, None)
    told = b"".join([*events.begin(), *events.push(text), *events.finish()]).decode()
    starts = [line for line in told.splitlines() if '"content_block_start"' in line]
    assert ['"text"' in starts[0], '"tool_use"' in starts[1], len(starts)] == [True, True, 2]


def test_a_call_that_was_cut_is_told_as_words() -> None:
    (block,) = content('{"shape": "ci', Toolbox((Tool("report", "", {}),), "named"), None)
    assert block["text"] == '{"shape": "ci'
