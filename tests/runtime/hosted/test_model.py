"""A model on a server, against a double that sends what vLLM's documentation and protocol show."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

import sensorium
from sensorium.core.errors import EngineError, InputError, SensoriumError, UsageError
from sensorium.media.encode import encode_audio, encode_image, encode_video
from sensorium.media.load import load_media
from sensorium.media.types import AudioClip, Image, VideoClip
from sensorium.runtime.hosted.address import Address, is_address, read_address
from sensorium.runtime.hosted.client import KEY

pytest.importorskip("httpx")

MODELS = {"object": "list", "data": [{"id": "HuggingFaceTB/SmolVLM-256M-Instruct", "object": "model", "root": "x"}]}


def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    """As vLLM 0.11 sends it."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish, "token_ids": None}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


USAGE = {
    **chunk({}),
    "choices": [],
    "usage": {"prompt_tokens": 93, "total_tokens": 96, "completion_tokens": 3},
}
REPLY = [
    chunk({"role": "assistant", "content": ""}),
    chunk({"content": "A red"}),
    chunk({"content": " boot", "reasoning": None}, "stop"),
    USAGE,
]


@dataclass
class Double:
    """What the server will send, and what it was sent."""

    url: str = ""
    status: int = 200
    lines: list[str] = field(default_factory=lambda: [*(f"data: {json.dumps(each)}" for each in REPLY), "data: [DONE]"])
    models: Any = field(default_factory=lambda: MODELS)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)


@pytest.fixture
def double() -> Iterator[Double]:
    told = Double()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(200, "application/json", json.dumps(told.models))

        def do_POST(self) -> None:
            told.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            told.keys.append(self.headers["Authorization"])
            kind = "text/event-stream" if told.status == 200 else "application/json"
            self.reply(told.status, kind, "\n\n".join(told.lines))

        def reply(self, status: int, kind: str, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name of the base class)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    told.url = f"vllm://127.0.0.1:{server.server_address[1]}"
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_served_model_answers_as_ours_do(double: Double) -> None:
    events = list(sensorium.load(double.url).stream("What is it?", max_tokens=9, temperature=0.5, seed=3))
    assert [event.text for event in events] == ["A red", " boot", ""]
    answer = events[-1].answer
    assert answer is not None
    assert (answer.text, answer.finish_reason, answer.model) == ("A red boot", "stop", MODELS["data"][0]["id"])  # type: ignore[index]
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.confidence) == (93, 3, None)
    assert "were sent there" in answer.notices[0]
    (body,) = double.asked
    assert body["messages"] == [{"role": "user", "content": "What is it?"}]
    assert (body["max_tokens"], body["temperature"], body["seed"], body["stream"]) == (9, 0.5, 3, True)


def test_ways_to_choose_words_are_sent_where_they_change_anything(double: Double) -> None:
    model = sensorium.load(double.url)
    model.ask("?", temperature=1.0, top_k=5, min_p=0.1, presence_penalty=0.5, logit_bias={7: -3.0})
    model.ask("?", top_p=0.9, repetition_penalty=1.2, frequency_penalty=-1.0)
    plain = {"model", "messages", "max_tokens", "temperature", "stream", "stream_options"}
    assert [{name: value for name, value in body.items() if name not in plain} for body in double.asked] == [
        {"top_k": 5, "min_p": 0.1, "presence_penalty": 0.5, "logit_bias": {"7": -3.0}},
        {"top_p": 0.9, "repetition_penalty": 1.2, "frequency_penalty": -1.0},
    ]
    with pytest.raises(UsageError, match="top_log_probs is 2; expected 0"):
        model.ask("?", top_log_probs=2)
    with pytest.raises(InputError):
        model.ask("?", b"%PDF-1.7\n")
    assert len(double.asked) == 2


def test_media_arrive_as_they_were(double: Double) -> None:
    rng = np.random.default_rng(0)
    picture = Image(rng.integers(0, 256, (20, 30, 3), np.uint8))
    sound = AudioClip((0.5 * np.sin(np.arange(1600) / 9)).astype(np.float32))
    film = VideoClip(rng.integers(0, 256, (3, 16, 16, 3), np.uint8), np.arange(3) / 10, 0.3)
    text = b"some words"
    sensorium.load(f"{double.url}/mine").ask("And?", picture, sound, film, text)
    (body,) = double.asked
    shown, heard, watched, read, asked = body["messages"][0]["content"]
    assert base64.b64decode(shown["image_url"]["url"].removeprefix("data:image/png;base64,")) == encode_image(picture)
    assert base64.b64decode(heard["input_audio"]["data"]) == encode_audio(sound)
    assert heard["input_audio"]["format"] == "wav"
    sent = load_media(base64.b64decode(watched["video_url"]["url"].removeprefix("data:video/mp4;base64,")))
    assert isinstance(sent, VideoClip)
    assert len(sent.frames) == 3
    assert encode_video(film)[4:8] == b"ftyp"
    assert "some words" in read["text"]
    assert asked == {"type": "text", "text": "And?"}
    assert body["model"] == "mine"


def test_a_talk_is_sent_whole_and_a_failed_turn_leaves_no_trace(double: Double) -> None:
    chat = sensorium.load(double.url).chat()
    chat.send("One?")
    double.lines, good = double.lines[:2], double.lines
    with pytest.raises(EngineError, match="broke off"):
        chat.send("Two?")
    double.lines = good
    assert chat.send("Three?").notices == ()
    told = [(each["role"], each["content"]) for each in double.asked[-1]["messages"]]
    assert told == [("user", "One?"), ("assistant", "A red boot"), ("user", "Three?")]


def test_the_key_is_sent_where_one_is_set(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    sensorium.load(double.url).ask("?")
    monkeypatch.setenv(KEY, "secret")
    sensorium.load(double.url).ask("?")
    assert double.keys == [None, "Bearer secret"]


@pytest.mark.parametrize(
    ("status", "line", "error", "said"),
    [
        (401, '{"error": "Unauthorized"}', UsageError, f"Unauthorized.*{KEY}"),
        (404, '{"error": {"message": "The model `x` does not exist.", "code": 404}}', UsageError, "does not exist"),
        (400, '{"object": "error", "message": "At most 1 image(s) may be provided"}', InputError, "At most 1 image"),
        (503, "busy", EngineError, "HTTP 503: busy"),
        (200, 'data: {"error": {"message": "out of memory"}}', EngineError, "while it answered: out of memory"),
        (200, "data: {broken", EngineError, "not of the protocol"),
        (302, "", EngineError, "302"),
    ],
)
def test_what_a_server_complains_of_is_an_error_of_its_kind(
    double: Double, status: int, line: str, error: type[SensoriumError], said: str
) -> None:
    model = sensorium.load(double.url)
    double.status, double.lines = status, [line]
    with pytest.raises(error, match=said):
        model.ask("?")


def test_an_end_for_another_reason_is_no_answer(double: Double) -> None:
    double.lines = [f"data: {json.dumps(chunk({'content': 'x'}, 'content_filter'))}", "data: [DONE]"]
    with pytest.raises(EngineError, match="content_filter"):
        sensorium.load(double.url).ask("?")


def test_which_of_several_models_must_be_said(double: Double) -> None:
    double.models = {"data": [{"id": "a"}, {"id": "b"}]}
    with pytest.raises(UsageError, match=r"2 models are served there \(a, b\)"):
        sensorium.load(double.url)
    double.models = ["?"]
    with pytest.raises(EngineError, match="not of the protocol"):
        sensorium.load(double.url)


def test_no_server_is_an_error_that_names_it() -> None:
    with pytest.raises(EngineError, match=r"http://127\.0\.0\.1:1/v1.*See whether it runs"):
        sensorium.load("vllm://127.0.0.1:1")


def test_addresses() -> None:
    assert read_address("vllm://host") == Address("http://host:8000/v1")
    assert read_address("vllm+https://host/org/name") == Address("https://host:443/v1", "org/name")
    assert read_address("sglang://[::1]:9/") == Address("http://[::1]:9/v1")
    assert read_address("openai://api.example.org/gpt") == Address("https://api.example.org:443/v1", "gpt")
    assert all(is_address(name) for name in ("vllm://x", "vllm+https://x", "openai://x"))
    assert not any(is_address(name) for name in ("hf://x", "org/name", "vllm:x"))
    for wrong in ("vllm://", "vllm://a b", "vllm://host:99999", "ftp://x"):
        with pytest.raises(UsageError, match="expected vllm://host"):
            read_address(wrong)
