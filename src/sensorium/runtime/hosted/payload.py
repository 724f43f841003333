"""Messages to the body of a chat completion."""

import base64
import json
from collections.abc import Sequence
from typing import Any

from sensorium.chat.message import Message, Part, Text
from sensorium.core.errors import UsageError
from sensorium.engine.forms import Form
from sensorium.engine.sampling import Sampling
from sensorium.media.encode import encode_audio, encode_image, encode_video
from sensorium.media.types import AudioClip, Document, Image
from sensorium.runtime.asking import Asked

Json = dict[str, Any]

_CHOOSING = (
    "top_k",
    "top_p",
    "min_p",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
)
"""Ways to choose words, as vLLM and SGLang call them too; OpenAI lacks top_k, min_p and repetition_penalty."""


def to_body(model: str, messages: Sequence[Message], asked: Asked) -> Json:
    """The body of POST /v1/chat/completions that asks for a stream with counts of tokens at its end.

    Ways to choose words are sent where they change anything; a server that lacks one refuses it itself.

    Raises: UsageError for a form that has no name in this interface, and for likeliest tokens, which answers lack.
    """
    sampling = asked.sampling
    body: Json = {
        "model": model,
        "messages": [{"role": each.role, "content": _content(each)} for each in messages],
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        **_choosing(sampling),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if sampling.seed is not None:
        body["seed"] = sampling.seed
    if asked.stops:
        body["stop"] = list(asked.stops)
    if asked.form is not None:
        body["response_format"] = _format(asked.form)
    return body


def _choosing(sampling: Sampling) -> Json:
    if sampling.top_log_probs:
        raise UsageError(
            f"top_log_probs is {sampling.top_log_probs}; expected 0: the answer of a server is told without tokens. "
            "Leave it out."
        )
    plain = Sampling()
    return {name: getattr(sampling, name) for name in _CHOOSING if getattr(sampling, name) != getattr(plain, name)}


def _format(form: Form) -> Json:
    if form.kind != "schema":
        raise UsageError(f"form: got {form.kind}; expected JSON of a schema, which is what servers can be asked for.")
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": json.loads(form.text), "strict": True}}


def _content(message: Message) -> str | list[Json]:
    return [_entry(part) for part in message.parts] if message.media else message.text


def _entry(part: Part) -> Json:
    """A part as vLLM and SGLang take it; pictures and sounds are those of OpenAI, films are their own."""
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Document):
        return {"type": "text", "text": f"{part.source}:\n{part.text}\n"}
    if isinstance(part, Image):
        return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_base64(encode_image(part))}"}}
    if isinstance(part, AudioClip):
        return {"type": "input_audio", "input_audio": {"data": _base64(encode_audio(part)), "format": "wav"}}
    return {"type": "video_url", "video_url": {"url": f"data:video/mp4;base64,{_base64(encode_video(part))}"}}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
