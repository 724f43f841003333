"""Bodies, numbers and words: hardening tests 9, 24, 26, 27, 34 to 44, 51 to 53, 56 and 58, in all protocols."""

import gzip
import json
import socket
from typing import Any

import pytest
from tests.serving.conftest import Running
from tests.serving.hardening.spoken import PROTOCOLS, Protocol, refused, send, with_field
from tests.serving.sent import PNG, b64

speaking = pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda each: each.name)

NO_JSON = {
    "deep": b"[" * 200_000,
    "deep object": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "long number": b'{"model": ' + b"9" * 5_000 + b"}",
    "NaN": b'{"temperature": NaN}',
    "Infinity": b'{"temperature": -Infinity}',
    "1e999": b'{"temperature": 1e999}',
    "twice": b'{"model": "tiny", "model": "tiny"}',
    "half a character": b'{"model": "\\ud800"}',
    "mark": b'\xef\xbb\xbf{"model": "tiny"}',
    "UTF-16": '{"model": "tiny"}'.encode("utf-16"),
    "Latin-1": '{"model": "ü"}'.encode("latin-1"),
    "empty": b"",
    "a list": b"[]",
    "a string": b'"x"',
    "null": b"null",
    "cut": b'{"model": "tiny"',
    "control character": b'{"model": "a\nb"}',
}


@speaking
@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON.keys())
def test_what_is_no_json_object(server: Running, protocol: Protocol, body: bytes) -> None:
    refused(send(server, protocol.path, body), protocol, 400)


@speaking
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"])
def test_another_type_than_json(server: Running, protocol: Protocol, kind: str) -> None:
    body = json.dumps(protocol.ask()).encode()
    refused(send(server, protocol.path, body, headers={"content-type": kind}), protocol, 415)


@speaking
def test_packed_bodies(server: Running, protocol: Protocol) -> None:
    for packing in ("gzip", "br", "x"):
        body = gzip.compress(b" " * 1_000_000)
        refused(send(server, protocol.path, body, headers={"content-encoding": packing}), protocol, 415)


@speaking
def test_bodies_that_say_or_are_too_much(server: Running, protocol: Protocol) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(
            f"POST {protocol.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {2**40}\r\n\r\n".encode()
        )
        assert b" 413 " in raw.recv(4096).split(b"\r\n")[0]
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(
            f"POST {protocol.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.key}\r\n"
            "Content-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            "".encode()
        )
        assert b" 400 " in raw.recv(4096).split(b"\r\n")[0]


WRONG_COUNTS: list[Any] = [-1, 0, 2**63, 1e308, "5", True, [], {}, 1.5]
WRONG_NUMBERS: list[Any] = [-0.1, 1e308, "0", True, [], {}]
WRONG_STOPS: list[Any] = [["a"] * 10_000, [""], "x" * 1_000_000, [1], {"a": 1}, 5]


@speaking
@pytest.mark.parametrize("value", WRONG_COUNTS, ids=repr)
def test_counts_out_of_bounds(server: Running, protocol: Protocol, value: Any) -> None:
    if protocol.name == "ollama" and value == -1:
        pytest.skip("there it means: no bound")
    reply = send(server, protocol.path, with_field(protocol.ask(), protocol.max_tokens, value))
    assert protocol.max_tokens.rpartition(".")[2] in refused(reply, protocol, 400)


@speaking
@pytest.mark.parametrize("value", WRONG_NUMBERS, ids=repr)
def test_numbers_out_of_bounds(server: Running, protocol: Protocol, value: Any) -> None:
    reply = send(server, protocol.path, with_field(protocol.ask(), protocol.temperature, value))
    assert protocol.temperature.rpartition(".")[2] in refused(reply, protocol, 400)


@speaking
@pytest.mark.parametrize("value", WRONG_STOPS, ids=lambda value: repr(value)[:20])
def test_stop_strings_out_of_bounds(server: Running, protocol: Protocol, value: Any) -> None:
    refused(send(server, protocol.path, with_field(protocol.ask(), protocol.stop, value)), protocol, 400)


UNKNOWN: dict[str, Any] = {
    "mm_hashes": ["a"],
    "prompt_token_ids": [1, 2],
    "prompt_embeds": b64(b"tensor"),
    "chat_template": "{{ ''.__class__ }}",
    "chat_template_kwargs": {"tokenize": True},
    "trust_remote_code": True,
    "logit_bias": {str(each): 1e300 for each in range(1_000)},
    "guided_regex": "(a+)+b",
    "tools": [{"type": "function", "name": "f", "parameters": {"$ref": "http://127.0.0.1/"}, "input_schema": {}}],
    "x" * 5_000: 1,
}


@speaking
@pytest.mark.parametrize("name", UNKNOWN, ids=lambda name: name[:20])
def test_fields_that_are_not_ours(server: Running, protocol: Protocol, name: str) -> None:
    reply = send(server, protocol.path, {**protocol.ask(), name: UNKNOWN[name]})
    message = refused(reply, protocol, 400)
    assert name[:20].replace("_", "").lower() in message.replace("_", "").lower()  # in the spelling of the protocol


@speaking
def test_a_talk_that_leaves_no_room_names_both_numbers(server: Running, protocol: Protocol) -> None:
    message = refused(send(server, protocol.path, protocol.ask("1 " * 2_000)), protocol, 400)
    assert "4" in message
    assert "256" in message


@speaking
@pytest.mark.parametrize(
    "words",
    ["\u200d" * 100_000, "\u202e\u2066" * 50_000, "\U000e0041" * 50_000, "\0" * 10_000, "a" * 2_000_000],
    ids=["joiners", "directions", "tags", "zeros", "one word"],
)
def test_words_without_end_are_bounded(server: Running, protocol: Protocol, words: str) -> None:
    refused(send(server, protocol.path, protocol.ask(words)), protocol, 400, 413)


@speaking
def test_special_tokens_in_words_are_words(server: Running, protocol: Protocol) -> None:
    """One image slot more than pictures would be an error of the model, were it taken for one."""
    for words in ("<|image|>", "<|image|><|close|>", "<|end|><|assistant|>", "<|pad|>" * 5):
        assert send(server, protocol.path, protocol.ask(words)).status == 200


@speaking
@pytest.mark.parametrize("data", ["AAA", "AA==AA", "-_-_", "A A A A", "é", "A" * 3, "="], ids=repr)
def test_damaged_base64(server: Running, protocol: Protocol, data: str) -> None:
    refused(send(server, protocol.path, protocol.ask("What?", f"data:image/png;base64,{data}")), protocol, 400, 415)


@speaking
@pytest.mark.parametrize("count", [33, 2_000])
def test_media_are_counted_before_they_are_read(server: Running, protocol: Protocol, count: int) -> None:
    media = [f"data:image/png;base64,{b64(PNG[:30])}"] * count
    message = refused(send(server, protocol.path, protocol.ask("What?", *media)), protocol, 400)
    assert "at most" in message


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "nano\0", "CON", "x" * 5_000, "a\nb", "tіny", "*", "", "'; --"]
)
def test_names_of_models(server: Running, name: str) -> None:
    for protocol in PROTOCOLS[:2]:
        refused(send(server, protocol.path, {**protocol.ask(), "model": name}), protocol, 404)


def test_ids_are_ours(server: Running) -> None:
    seen = set()
    for given in ("a:1", "x" * 1_000, "req_mine", "127.0.0.1:80"):
        for _ in range(2):
            reply = send(server, "/v1/models", method="GET", headers={"x-request-id": given})
            seen.add(reply.headers["x-request-id"])
            assert given not in reply.headers["x-request-id"]
    assert len(seen) == 8


def test_clients_make_no_new_lines_of_measures(server: Running) -> None:
    def lines() -> int:
        for path in ("/v1/models/x", "/odd", "/v1/chat/completions"):
            send(server, path, {"model": "?"}, method="POST")
        return len(send(server, "/metrics", method="GET").body.splitlines())

    before = lines()
    for index in range(30):
        protocol = PROTOCOLS[index % 2]
        send(server, protocol.path, {**protocol.ask(), "model": f"m{index}", "user": f"u{index}"})
        send(server, f"/no/such/{index}", method="GET")
    assert lines() <= before + 20


SHAPES: list[tuple[str, Any]] = [
    ("/v1/messages", {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x"}]}]}),
    ("/v1/messages", {"messages": [{"role": "assistant", "content": "x"}]}),
    ("/v1/messages", {"messages": [{"role": "user", "content": ""}]}),
    ("/v1/messages", {"messages": [{"role": "user"}]}),
    ("/v1/messages", {"messages": {"role": "user", "content": "x"}}),
    ("/v1/messages", {"messages": [["user", "x"]]}),
    ("/v1/chat/completions", {"messages": [{"role": "assistant", "content": "x"}]}),
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": [{"type": "text"}]}]}),
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": 5}]}),
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": " "}]}),
    ("/v1beta/models/tiny:generateContent", {"contents": [{"role": "model", "parts": [{"text": "x"}]}]}),
    ("/v1beta/models/tiny:generateContent", {"contents": [{"parts": []}]}),
    ("/v1beta/models/tiny:generateContent", {"contents": [{"parts": [{}]}]}),
    ("/v1beta/models/tiny:generateContent", {"contents": "x"}),
    ("/api/chat", {"messages": [{"role": "tool", "content": "x"}]}),
    ("/api/chat", {"messages": []}),
    ("/api/chat", {"messages": [{"role": "user", "content": "x", "images": "nothing"}]}),
]


@pytest.mark.parametrize(("path", "change"), SHAPES, ids=lambda each: str(each)[:60])
def test_talks_of_a_wrong_shape(server: Running, path: str, change: dict[str, Any]) -> None:
    protocol = next(each for each in PROTOCOLS if each.path == path)
    refused(send(server, path, {**protocol.ask(), **change}), protocol, 400)
