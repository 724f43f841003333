"""Requests of a load: every protocol, streamed and whole, with a picture, a sound, a film and without."""

import base64
import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sensorium.media.encode import encode_audio, encode_image, encode_video
from sensorium.media.types import AudioClip, Image, VideoClip

NOISE = np.random.default_rng(0)
SOUND = AudioClip(NOISE.normal(0, 0.1, 8_000).astype(np.float32))
FRAMES = NOISE.integers(0, 256, (4, 48, 48, 3), np.uint8)
MEDIA = {
    "image/png": base64.b64encode(encode_image(Image(FRAMES[0]))).decode(),
    "audio/wav": base64.b64encode(encode_audio(SOUND)).decode(),
    "video/mp4": base64.b64encode(encode_video(VideoClip(FRAMES, np.arange(4) / 2.0, 2.0, None))).decode(),
}
WORDS = "What is this?"


@dataclass(frozen=True)
class Ask:
    """A request: `body` is None for a GET, `media` the type of what it shows."""

    name: str
    path: str
    body: dict[str, Any] | None
    stream: bool = False
    media: str = ""


@dataclass(frozen=True)
class How:
    """How long answers may be, and how wild: greedy ones are always the same, at 5 they do not end early."""

    max_tokens: int = 12
    temperature: float = 0.0


def asks(model: str, how: How | None = None) -> list[Ask]:
    """One of each kind."""
    how = how or How()
    found = []
    for media in ("", *MEDIA):
        for stream in (False, True):
            found += [_openai(model, media, stream, how), _gemini(model, media, stream, how)]
            if media in ("", "image/png"):  # which the others take alone
                found += [_anthropic(model, media, stream, how), _ollama(model, media, stream, how)]
    return found


def bad(ask: Ask) -> Ask:
    """The same with a field that no protocol has."""
    return replace(ask, body={**(ask.body or {}), "no_such_field": 1})


def words(ask: Ask, body: bytes) -> str:
    """All that an answer says, put together from the pieces of a stream."""
    text = body.decode()
    if ask.stream:
        lines = [
            line.removeprefix("data: ") for line in text.splitlines() if line.removeprefix("data: ").startswith("{")
        ]
    else:
        lines = [text]
    return "".join(_words(json.loads(line)) for line in lines)


def _words(said: dict[str, Any]) -> str:
    for choice in said.get("choices", []):
        return (choice.get("message") or choice["delta"]).get("content") or ""
    for candidate in said.get("candidates", []):
        return "".join(part.get("text", "") for part in candidate["content"].get("parts", []))
    if "delta" in said:
        return said["delta"].get("text", "")
    if isinstance(said.get("content"), list):
        return "".join(part["text"] for part in said["content"])
    return said["message"]["content"] if isinstance(said.get("message", {}).get("content"), str) else ""


def _name(protocol: str, media: str, stream: bool) -> str:
    return f"{protocol} {media or 'words'} {'stream' if stream else 'whole'}"


def _openai(model: str, media: str, stream: bool, how: How) -> Ask:
    parts: list[dict[str, Any]] = [{"type": "text", "text": WORDS}]
    if media:
        kind = {"image/png": "image_url", "audio/wav": "audio_url", "video/mp4": "video_url"}[media]
        parts.insert(0, {"type": kind, kind: {"url": f"data:{media};base64,{MEDIA[media]}"}})
    body = {"model": model, "messages": [{"role": "user", "content": parts}], **vars(how), "stream": stream}
    return Ask(_name("openai", media, stream), "/v1/chat/completions", body, stream, media)


def _anthropic(model: str, media: str, stream: bool, how: How) -> Ask:
    parts: list[dict[str, Any]] = [{"type": "text", "text": WORDS}]
    if media:
        source = {"type": "base64", "media_type": media, "data": MEDIA[media]}
        parts.insert(0, {"type": "image", "source": source})
    body = {"model": model, "messages": [{"role": "user", "content": parts}], **vars(how), "stream": stream}
    return Ask(_name("anthropic", media, stream), "/v1/messages", body, stream, media)


def _gemini(model: str, media: str, stream: bool, how: How) -> Ask:
    parts: list[dict[str, Any]] = [{"text": WORDS}]
    if media:
        parts.insert(0, {"inlineData": {"mimeType": media, "data": MEDIA[media]}})
    body = {
        "contents": [{"parts": parts}],
        "generationConfig": {"maxOutputTokens": how.max_tokens, "temperature": how.temperature},
    }
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return Ask(_name("gemini", media, stream), f"/v1beta/models/{model}:{verb}", body, stream, media)


def _ollama(model: str, media: str, stream: bool, how: How) -> Ask:
    message = {"role": "user", "content": WORDS, **({"images": [MEDIA[media]]} if media else {})}
    body = {
        "model": model,
        "messages": [message],
        "stream": stream,
        "options": {"num_predict": how.max_tokens, "temperature": how.temperature},
    }
    return Ask(_name("ollama", media, stream), "/api/chat", body, stream, media)
