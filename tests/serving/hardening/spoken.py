"""One request in the spelling of every protocol, sent without a vendor's client, and what every refusal must be."""

import http.client
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.serving.conftest import Running

LEAK = re.compile(r"0x[0-9a-f]{6,}|/home|/tmp|/root|/work|site-packages|Traceback|BytesIO")


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Protocol(NamedTuple):
    """`ask(words, uri)` is a body; the names are those of its options."""

    name: str
    path: str
    ask: Callable[..., dict[str, Any]]
    max_tokens: str
    temperature: str
    stop: str
    shape: Callable[[Any], str]
    takes_urls: bool = True


def _openai(words: str = "What?", *media: str) -> dict[str, Any]:
    parts = [{"type": "image_url", "image_url": {"url": each}} for each in media]
    content = [*parts, {"type": "text", "text": words}]
    return {"model": "tiny", "max_tokens": 2, "messages": [{"role": "user", "content": content}]}


def _anthropic(words: str = "What?", *media: str) -> dict[str, Any]:
    parts = [{"type": "image", "source": _source(each)} for each in media]
    content = [*parts, {"type": "text", "text": words}]
    return {"model": "tiny", "max_tokens": 2, "messages": [{"role": "user", "content": content}]}


def _source(uri: str) -> dict[str, str]:
    if not uri.startswith("data:"):
        return {"type": "url", "url": uri}
    kind, _, data = uri[5:].partition(";base64,")
    return {"type": "base64", "media_type": kind if kind in ("image/jpeg", "image/gif") else "image/png", "data": data}


def _gemini(words: str = "What?", *media: str) -> dict[str, Any]:
    parts = [
        {"inlineData": {"mimeType": each[5:].partition(";")[0], "data": each.partition(",")[2]}}
        if each.startswith("data:")
        else {"fileData": {"fileUri": each}}
        for each in media
    ]
    return {"contents": [{"parts": [*parts, {"text": words}]}], "generationConfig": {"maxOutputTokens": 2}}


def _ollama(words: str = "What?", *media: str) -> dict[str, Any]:
    images = [each.partition(",")[2] if each.startswith("data:") else each for each in media]
    message = {"role": "user", "content": words, "images": images}
    return {"model": "tiny", "stream": False, "messages": [message], "options": {"num_predict": 2}}


def _openai_shape(body: Any) -> str:
    assert set(body["error"]) == {"message", "type", "param", "code"}
    return str(body["error"]["message"])


def _anthropic_shape(body: Any) -> str:
    assert body["type"] == "error"
    assert body["request_id"].startswith("req_")
    return str(body["error"]["message"])


def _gemini_shape(body: Any) -> str:
    assert body["error"]["status"].isupper()
    assert body["error"]["details"] == []
    return str(body["error"]["message"])


def _ollama_shape(body: Any) -> str:
    assert set(body) == {"error"}
    return str(body["error"])


PROTOCOLS = (
    Protocol("openai", "/v1/chat/completions", _openai, "max_tokens", "temperature", "stop", _openai_shape),
    Protocol("anthropic", "/v1/messages", _anthropic, "max_tokens", "temperature", "stop_sequences", _anthropic_shape),
    Protocol(
        "gemini",
        "/v1beta/models/tiny:generateContent",
        _gemini,
        "generationConfig.maxOutputTokens",
        "generationConfig.temperature",
        "generationConfig.stopSequences",
        _gemini_shape,
    ),
    Protocol(
        "ollama",
        "/api/chat",
        _ollama,
        "options.num_predict",
        "options.temperature",
        "options.stop",
        _ollama_shape,
        takes_urls=False,
    ),
)


def with_field(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The body with the field at "a.b" set."""
    outer, _, inner = path.partition(".")
    return {**body, outer: {**body.get(outer, {}), inner: value} if inner else value}


def send(
    server: Running,
    path: str,
    body: bytes | dict[str, Any] | None = None,
    *,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    key: str | None = None,
) -> Reply:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    sent = {"content-type": "application/json", "authorization": f"Bearer {server.key if key is None else key}"}
    try:
        connection.request(method, path, data, {**sent, **(headers or {})})
        response = connection.getresponse()
        return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def refused(reply: Reply, protocol: Protocol, *statuses: int) -> str:
    """The message of a refusal: in the shape of its protocol, with nothing of the machine in it."""
    assert reply.status in (statuses or range(400, 500)), (reply.status, reply.body[:300])
    text = reply.body.decode()
    assert not LEAK.search(text), text
    assert len(text) < 2_000
    message = protocol.shape(reply.json)
    assert message.endswith((".", ")", "?")), message
    return message
