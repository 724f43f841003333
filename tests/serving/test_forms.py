"""Answers in a form that was asked for: in every protocol that has a name for it, with and without media."""

import json
from typing import Any

import pytest
from tests.serving.conftest import Running
from tests.serving.hardening.spoken import PROTOCOLS, send
from tests.serving.sent import PNG, uri

pytest.importorskip("llguidance")

SCHEMA = {
    "type": "object",
    "properties": {"a": {"enum": ["x", "y"]}},
    "required": ["a"],
    "additionalProperties": False,
}
WORDS = ("What?", uri(PNG, "image/png"))


def _chat() -> tuple[str, dict[str, Any]]:
    form = {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": SCHEMA}}
    return PROTOCOLS[0].path, {**PROTOCOLS[0].ask(*WORDS), "max_tokens": 60, "response_format": form}


def _messages() -> tuple[str, dict[str, Any]]:
    form = {"format": {"type": "json_schema", "schema": SCHEMA}}
    return PROTOCOLS[1].path, {**PROTOCOLS[1].ask(*WORDS), "max_tokens": 60, "output_config": form}


def _ollama() -> tuple[str, dict[str, Any]]:
    return PROTOCOLS[3].path, {**PROTOCOLS[3].ask(*WORDS), "options": {"num_predict": 60}, "format": SCHEMA}


@pytest.mark.parametrize("ask", [_chat, _messages, _ollama])
def test_answers_are_held_to_a_schema(server: Running, ask: Any) -> None:
    path, body = ask()
    told = send(server, path, body).json
    if "choices" in told:
        text, whole = told["choices"][0]["message"]["content"], told["choices"][0]["finish_reason"] == "stop"
    elif "content" in told:
        text, whole = told["content"][0]["text"], told["stop_reason"] == "end_turn"
    else:
        text, whole = told["message"]["content"], told["done_reason"] == "stop"
    assert whole
    assert json.loads(text)["a"] in ("x", "y")


def test_schemas_that_cannot_be_followed_are_refused(server: Running) -> None:
    path, body = _chat()
    body["response_format"] = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "nothing"}}}
    assert send(server, path, body).status == 400
