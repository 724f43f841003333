"""Chat completions through the official client, against a server that runs."""

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from tests.serving.conftest import Running
from tests.serving.sent import MP4, PNG, WAV, b64, uri

from sensorium.serving.faults import Refusal
from sensorium.serving.limits import ServerLimits
from sensorium.serving.openai.chat import read

IMAGE = {"type": "image_url", "image_url": {"url": uri(PNG, "image/png")}}
AUDIO = {"type": "input_audio", "input_audio": {"data": b64(WAV), "format": "wav"}}
VIDEO = {"type": "video_url", "video_url": {"url": uri(MP4, "video/mp4")}}
SOUND = {"type": "audio_url", "audio_url": {"url": uri(WAV, "audio/wav")}}
FILE = {"type": "file", "file": {"file_data": uri(PNG, "image/png"), "filename": "shot.png"}}
WORDS = {"type": "text", "text": "What is this?"}


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0) as made:
        yield made


def talk(*parts: Any) -> list[Any]:
    return [{"role": "user", "content": list(parts)}]


@pytest.mark.parametrize("part", [IMAGE, AUDIO, VIDEO, SOUND, FILE], ids=lambda part: part["type"])
def test_every_kind_of_medium_is_answered_the_same_whole_and_in_pieces(client: openai.OpenAI, part: Any) -> None:
    messages = talk(part, WORDS)
    whole = client.chat.completions.create(model="tiny", messages=messages, max_tokens=6)
    choice = whole.choices[0]
    assert choice.finish_reason in ("stop", "length")
    assert whole.usage is not None
    assert whole.usage.prompt_tokens > 10
    assert whole.usage.completion_tokens <= 6
    pieces = list(
        client.chat.completions.create(
            model="tiny", messages=messages, max_tokens=6, stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices) == choice.message.content
    assert pieces[-1].usage == whole.usage
    assert [piece.choices[0].finish_reason for piece in pieces[:-1]][-1] == choice.finish_reason
    assert pieces[0].choices[0].delta.role == "assistant"


def test_media_of_several_turns(client: openai.OpenAI) -> None:
    messages = [*talk(IMAGE, WORDS), {"role": "assistant", "content": "noise"}, *talk({"type": "text", "text": "And?"})]
    seen = client.chat.completions.create(model="tiny", messages=messages, max_tokens=4)
    blind = client.chat.completions.create(model="tiny", messages=messages[1:], max_tokens=4)
    assert seen.usage is not None
    assert blind.usage is not None
    assert seen.usage.prompt_tokens > blind.usage.prompt_tokens + 4


def test_several_answers_differ_and_repeat(client: openai.OpenAI) -> None:
    def ask() -> list[str | None]:
        made = client.chat.completions.create(
            model="tiny", messages=talk(IMAGE, WORDS), max_tokens=6, n=3, temperature=2.0, seed=5
        )
        return [choice.message.content for choice in made.choices]

    first = ask()
    assert len(set(first)) > 1
    assert ask() == first


def test_a_stop_string_ends_the_answer_before_it(client: openai.OpenAI) -> None:
    def ask(stop: list[str] | None) -> Any:
        return client.chat.completions.create(
            model="tiny", messages=talk(IMAGE, WORDS), max_tokens=30, stop=stop
        ).choices[0]

    text = ask(None).message.content
    assert len(text) > 4
    stop = text[3:5]
    choice = ask([stop])
    assert choice.message.content == text[: text.index(stop)]
    assert choice.finish_reason == "stop"


def test_the_asynchronous_client(server: Running) -> None:
    async def ask() -> list[str]:
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0) as client:
            whole = await client.chat.completions.create(model="tiny", messages=talk(WORDS), max_tokens=5)
            stream = await client.chat.completions.create(model="tiny", messages=talk(WORDS), max_tokens=5, stream=True)
            pieces = [piece.choices[0].delta.content or "" async for piece in stream]
            return [whole.choices[0].message.content or "", "".join(pieces)]

    whole, streamed = asyncio.run(ask())
    assert whole == streamed


def test_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["tiny"]
    assert client.models.retrieve("tiny").id == "tiny"
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("gpt-4o")
    assert caught.value.code == "model_not_found"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"functions": [{"name": "f"}]}, "functions"),
    ({"response_format": {"type": "xml"}}, "response_format.type"),
    ({"top_logprobs": 3}, "top_logprobs"),
    ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
    ({"logit_bias": {"x": 1}}, "logit_bias"),
    ({"logit_bias": {"5": 101}}, "logit_bias.5"),
    ({"logit_bias": {str(each): 1 for each in range(1_025)}}, "logit_bias"),
    ({"store": True}, "store"),
    ({"modalities": ["text", "audio"]}, "modalities"),
    ({"reasoning_effort": "high"}, "reasoning_effort"),
    ({"nonsense": 1}, "nonsense"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"max_tokens": True}, "max_tokens"),
    ({"temperature": -1}, "temperature"),
    ({"temperature": "0"}, "temperature"),
    ({"n": 9}, "n"),
    ({"stop": ["a"] * 17}, "stop"),
    ({"stop": ""}, "stop"),
    ({"stream_options": {"odd": 1}}, "stream_options.odd"),
    ({"messages": []}, "messages"),
    ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "1"}]}, "messages[0].tool_call_id"),
    (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
        "messages[0].content[0].image_url.url",
    ),
    ({"messages": [{"role": "user", "content": [{"type": "refusal"}]}]}, "messages[0].content[0].type"),
    ({"messages": [{"role": "user", "content": "x", "name": "Bob"}]}, "messages[0].name"),
]


@pytest.mark.parametrize(("change", "field"), REFUSED, ids=[str(change)[:50] for change, _ in REFUSED])
def test_what_cannot_be_honoured_is_refused_by_name(change: dict[str, Any], field: str) -> None:
    request = {"model": "tiny", "messages": [{"role": "user", "content": "What?"}], **change}
    with pytest.raises(Refusal) as caught:
        read(request, ServerLimits())
    assert caught.value.field == field
    assert caught.value.kind == "invalid"


def test_the_client_is_told_the_field(client: openai.OpenAI) -> None:
    nothing: Any = {"type": "json_schema"}
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="tiny", messages=talk(WORDS), response_format=nothing)
    assert caught.value.param == "response_format.schema"
    assert caught.value.type == "invalid_request_error"
    assert caught.value.request_id


def test_log_probabilities_are_the_same_whole_and_in_pieces(client: openai.OpenAI) -> None:
    asked: Any = {"model": "tiny", "messages": talk(IMAGE, WORDS), "max_tokens": 6, "logprobs": True, "top_logprobs": 3}
    whole = client.chat.completions.create(**asked).choices[0].logprobs
    assert whole is not None
    tokens = whole.content or []
    assert 0 < len(tokens) <= 6
    for token in tokens:
        assert token.logprob <= 0.0
        assert token.top_logprobs[0].token == token.token  # greedy
        assert len(token.top_logprobs) == 3
    pieces = [piece.choices[0] for piece in client.chat.completions.create(**asked, stream=True)]
    assert [each for piece in pieces if piece.logprobs for each in piece.logprobs.content or []] == tokens


def test_a_bias_makes_a_token_certain(client: openai.OpenAI) -> None:
    asked: Any = {"model": "tiny", "messages": talk(WORDS), "max_tokens": 3, "logit_bias": {"70": 100}}
    text = client.chat.completions.create(**asked).choices[0].message.content
    assert text
    assert len(set(text)) == 1


def test_an_option_that_the_model_does_not_know_is_refused_unless_it_asks_for_nothing(client: openai.OpenAI) -> None:
    assert client.chat.completions.create(model="tiny", messages=talk(WORDS), top_p=1, max_tokens=2).choices


def test_damaged_media_are_the_clients_matter(client: openai.OpenAI) -> None:
    broken = {"type": "image_url", "image_url": {"url": uri(PNG[:60], "image/png")}}
    with pytest.raises(openai.BadRequestError, match=r"messages\[0\].content\[0\].image_url.url"):
        client.chat.completions.create(model="tiny", messages=talk(broken, WORDS))
    pdf = {"type": "file", "file": {"file_data": uri(b"%PDF-1.7\n...", "application/pdf")}}
    with pytest.raises(openai.APIStatusError, match="PDF") as caught:
        client.chat.completions.create(model="tiny", messages=talk(pdf, WORDS))
    assert caught.value.status_code == 400


def test_a_wrong_key(server: Running) -> None:
    with (
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="another-key", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        client.models.list()
    assert caught.value.code == "invalid_api_key"
    long: Any = talk({"type": "text", "text": "a" * 8_000_000})
    with (
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="another-key", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),  # not a connection that breaks while it is sent
    ):
        client.chat.completions.create(model="tiny", messages=long)
