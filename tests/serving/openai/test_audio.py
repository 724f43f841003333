"""Transcriptions through the official client; and forms that no client sends (hardening test 24)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.serving.conftest import Running, running
from tests.serving.hardening.spoken import send
from tests.serving.sent import MP4, PNG, WAV

from sensorium.models.speech import subtitles
from sensorium.runtime.transcription import load_transcriber

WHISPER = Path(__file__).parents[2] / "models" / "whisper" / "golden"


@pytest.fixture(scope="module")
def hearing() -> Iterator[Running]:
    with running([WHISPER]) as found:
        yield found


@pytest.fixture(scope="module")
def client(hearing: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{hearing.url}/v1", api_key=hearing.key, max_retries=0) as made:
        yield made


@pytest.mark.parametrize("data", [WAV, MP4], ids=["sound", "film"])
def test_every_form_says_what_our_own_call_says(client: openai.OpenAI, data: bytes) -> None:
    ours = load_transcriber(str(WHISPER)).transcribe(data, language="en").transcript()

    def ask(form: Any) -> Any:
        return client.audio.transcriptions.create(model="golden", file=data, language="en", response_format=form)

    assert ask("json").text == ours.text
    assert ask("text") == ours.text + "\n"
    assert ask("srt") == subtitles.as_srt(ours)
    assert ask("vtt") == subtitles.as_vtt(ours)
    verbose = ask("verbose_json")
    assert (verbose.text, verbose.language) == (ours.text, "en")
    assert [each.start for each in verbose.segments] == [each.start for each in ours.segments]


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # the newest client's word on translations
def test_words_streams_and_translations(client: openai.OpenAI) -> None:
    timed = client.audio.transcriptions.create(
        model="golden", file=WAV, response_format="verbose_json", timestamp_granularities=["word"], language="en"
    )
    ours = load_transcriber(str(WHISPER)).transcribe(WAV, language="en", word_times=True).transcript()
    assert len(timed.words or []) == sum(len(each.words) for each in ours.segments)
    events = list(client.audio.transcriptions.create(model="golden", file=WAV, stream=True, language="en"))
    assert events[-1].type == "transcript.text.done"
    assert events[-1].text
    said = "".join(event.delta for event in events if event.type == "transcript.text.delta")
    assert said.strip() == events[-1].text
    english = client.audio.translations.create(model="golden", file=WAV, response_format="verbose_json")
    assert english.model_dump()["task"] == "translate"


def test_what_cannot_be_honoured_is_refused_by_name(client: openai.OpenAI) -> None:
    for options, field in (
        ({"prompt": "x"}, "prompt"),
        ({"temperature": 0.5}, "temperature"),
        ({"response_format": "diarized_json"}, "response_format"),
        ({"timestamp_granularities": ["word"]}, "timestamp_granularities[]"),
        ({"extra_body": {"nonsense": "1"}}, "nonsense"),
    ):
        with pytest.raises(openai.BadRequestError) as caught:
            client.audio.transcriptions.create(model="golden", file=WAV, **options)
        assert caught.value.param == field
    with pytest.raises(openai.APIStatusError, match="expected a sound"):
        client.audio.transcriptions.create(model="golden", file=PNG)


def form(*parts: bytes, boundary: bytes = b"x") -> bytes:
    return b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"


def field(name: str, value: bytes = b"1", more: str = "") -> bytes:
    return f'Content-Disposition: form-data; name="{name}"{more}'.encode() + b"\r\n\r\n" + value


FORMS = {
    "many fields": form(*[field(f"f{index}") for index in range(10_000)]),
    "a field too large": form(field("prompt", b"a" * 2_000_000)),
    "two files": form(field("file", WAV, '; filename="a"'), field("file", WAV, '; filename="b"')),
    "a field twice": form(field("model", b"golden"), field("model", b"golden"), field("file", WAV, '; filename="a"')),
    "no file": form(field("model", b"golden")),
    "line ends before": b"\r\n" * 500_000 + form(field("model")),
    "no boundary": b"nothing at all",
    "empty": b"",
    "two file names": form(field("file", WAV, '; filename="a"; filename="../b"')),
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS.keys())
def test_odd_forms(hearing: Running, body: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    reply = send(hearing, "/v1/audio/transcriptions", body, headers=headers)
    assert reply.status in (400, 413)
    assert set(reply.json["error"]) == {"message", "type", "param", "code"}


def test_a_form_without_a_boundary_or_of_another_type(hearing: Running) -> None:
    path = "/v1/audio/transcriptions"
    assert send(hearing, path, b"x", headers={"content-type": "multipart/form-data"}).status == 400
    assert send(hearing, path, b"{}").status == 415
