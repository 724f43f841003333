"""Generated content through the official client, against a server that runs."""

import asyncio
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

genai = pytest.importorskip("google.genai")

from google.genai import errors, types  # noqa: E402
from tests.serving.conftest import Running  # noqa: E402
from tests.serving.hardening.spoken import send  # noqa: E402
from tests.serving.sent import MP4, PNG, WAV, b64  # noqa: E402

from sensorium.serving.faults import Refusal  # noqa: E402
from sensorium.serving.gemini.generate import read  # noqa: E402
from sensorium.serving.limits import ServerLimits  # noqa: E402

QUESTION = {"parts": [{"text": "What?"}]}
MEDIA = {"image": (PNG, "image/png"), "audio": (WAV, "audio/wav"), "video": (MP4, "video/mp4")}


def make(server: Running, key: str | None = None) -> Any:
    return genai.Client(api_key=key or server.key, http_options=types.HttpOptions(base_url=server.url))


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[Any]:
    made = make(server)
    yield made
    made.close()


def config(**options: Any) -> Any:
    return types.GenerateContentConfig(max_output_tokens=6, **options)


@pytest.mark.parametrize("kind", MEDIA)
def test_every_kind_of_medium_is_answered_the_same_whole_and_in_pieces(client: Any, kind: str) -> None:
    data, media_type = MEDIA[kind]
    contents = [types.Part.from_bytes(data=data, mime_type=media_type), "What is this?"]
    asked = {"model": "tiny", "contents": contents, "config": config(system_instruction="Be brief.")}
    whole = client.models.generate_content(**asked)
    assert whole.candidates[0].finish_reason in ("STOP", "MAX_TOKENS")
    assert whole.usage_metadata.prompt_token_count > 10
    pieces = list(client.models.generate_content_stream(**asked))
    assert "".join(piece.text or "" for piece in pieces) == whole.text
    assert pieces[-1].usage_metadata == whole.usage_metadata
    assert pieces[-1].candidates[0].finish_reason == whole.candidates[0].finish_reason


def test_tokens_candidates_and_models(client: Any) -> None:
    counted = client.models.count_tokens(model="tiny", contents="What is this?")
    made = client.models.generate_content(
        model="tiny", contents="What is this?", config=config(candidate_count=2, seed=1, temperature=2.0)
    )
    assert made.usage_metadata.prompt_token_count == counted.total_tokens
    assert len(made.candidates) == 2
    assert [model.name for model in client.models.list()] == ["models/tiny"]
    assert client.models.get(model="tiny").name == "models/tiny"


def test_the_asynchronous_client_and_a_talk(server: Running) -> None:
    async def ask() -> tuple[str, str]:
        client = make(server)
        chat = client.aio.chats.create(model="tiny", config=config())
        first = await chat.send_message("What is this?")
        assert first.text is not None
        whole = await client.aio.models.generate_content(model="tiny", contents="And?", config=config())
        stream = await client.aio.models.generate_content_stream(model="tiny", contents="And?", config=config())
        pieces = [piece.text or "" async for piece in stream]
        await client.aio.aclose()
        return whole.text, "".join(pieces)

    whole, streamed = asyncio.run(ask())
    assert whole == streamed


def test_without_sse_a_stream_is_one_list(server: Running) -> None:
    request = urllib.request.Request(
        f"{server.url}/v1beta/models/tiny:streamGenerateContent?key={server.key}",
        json.dumps(
            {"contents": [{"parts": [{"text": "What?"}]}], "generation_config": {"max_output_tokens": 4}}
        ).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        pieces = json.load(response)
    assert pieces[-1]["candidates"][0]["finishReason"] in ("STOP", "MAX_TOKENS")


def film(**options: Any) -> dict[str, Any]:
    """A talk about a film of four frames, two a second."""
    part = {"inlineData": {"mimeType": "video/mp4", "data": b64(MP4)}, "videoMetadata": options}
    return {"contents": [{"parts": [part, {"text": "What?"}]}]}


def test_a_part_of_a_film_is_shown(nano_server: Running) -> None:
    def tokens(**options: Any) -> int:
        reply = send(nano_server, "/v1beta/models/nano:countTokens", film(**options))
        found: int = reply.json["totalTokens"]
        return found

    whole, part, one = tokens(), tokens(startOffset="0.5s", endOffset="1.5s"), tokens(fps=0.5)
    assert max(one, part) < whole
    given = types.Part(
        inline_data=types.Blob(data=MP4, mime_type="video/mp4"),
        video_metadata=types.VideoMetadata(start_offset="0.5s", end_offset="1.5s", fps=2),
    )
    client = make(nano_server)
    assert client.models.count_tokens(model="nano", contents=[given, "What?"]).total_tokens == part
    client.close()
    wrong = send(nano_server, "/v1beta/models/nano:countTokens", film(startOffset="60s"))
    assert (wrong.status, wrong.json["error"]["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tools": [{"codeExecution": {}}]}, "tools[0].codeExecution"),
        ({"cachedContent": "cachedContents/1"}, "cachedContent"),
        ({"safetySettings": [{"category": "X", "threshold": "BLOCK_LOW_AND_ABOVE"}]}, "safetySettings[0].threshold"),
        ({"generationConfig": {"responseMimeType": "text/x.enum"}}, "generationConfig.responseMimeType"),
        ({"generationConfig": {"responseSchema": {"type": "STRING"}}}, "generationConfig.responseSchema"),
        ({"generation_config": {"response_modalities": ["AUDIO"]}}, "generationConfig.responseModalities"),
        ({"generationConfig": {"nonsense": 1}}, "generationConfig.nonsense"),
        ({"contents": []}, "contents"),
        ({"contents": [{"role": "robot", "parts": [{"text": "x"}]}]}, "contents[0].role"),
        ({"contents": [{"parts": [{"functionCall": {"name": "f"}}]}]}, "contents[0].parts[0]"),
        ({"contents": [{"parts": [{"text": "x", "inlineData": {}}]}]}, "contents[0].parts[0]"),
        ({"contents": [{"parts": [{"text": "x", "videoMetadata": {"fps": 1}}]}]}, "contents[0].parts[0].videoMetadata"),
        (film(fps=0), "contents[0].parts[0].videoMetadata.fps"),
        (film(startOffset="1"), "contents[0].parts[0].videoMetadata.startOffset"),
        (film(startOffset="2s", endOffset="1.5s"), "contents[0].parts[0].videoMetadata.endOffset"),
        (film(crop=True), "contents[0].parts[0].videoMetadata.crop"),
        (
            {"contents": [{"parts": [{"inlineData": {"mimeType": "a,b", "data": ""}}]}]},
            "contents[0].parts[0].inlineData.mimeType",
        ),
        ({"system_instruction": {}, "systemInstruction": {}}, "systemInstruction"),
        ({"model": "models/other"}, "model"),
    ],
    ids=str,
)
def test_what_cannot_be_honoured_is_refused_by_name(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as caught:
        read({"contents": [QUESTION], **change}, "tiny", ServerLimits())
    assert caught.value.field == field


def test_errors_have_the_shape_that_the_client_knows(client: Any, server: Running) -> None:
    with pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model="gemini-3-pro", contents="What?")
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")
    other = make(server, "wrong-key")
    with pytest.raises(errors.ClientError) as caught:
        other.models.generate_content(model="tiny", contents="What?")
    other.close()
    assert (caught.value.code, caught.value.status) == (401, "UNAUTHENTICATED")
    with pytest.raises(errors.ClientError, match="fileUri") as caught:
        client.models.generate_content(
            model="tiny", contents=[types.Part.from_uri(file_uri="gs://a/b.png", mime_type="image/png")]
        )
    assert caught.value.status == "INVALID_ARGUMENT"
