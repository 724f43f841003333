"""What is kept outlives the process of the model: talks of the page, their media, and OpenAI's responses."""

import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.serving.hardening.test_connections import until
from tests.serving.sent import PNG
from tests.serving.test_supervised import engine

from sensorium.serving.studio.routes import StudioSettings


def turn(role: str, words: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"kind": "text", "text": words}]}


def said(turns: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"role": each["role"], "content": each["parts"][0]["text"]} for each in turns]


@pytest.mark.slow
def test_a_talk_goes_on_after_the_model_was_killed(start: Any, tmp_path: Path) -> None:
    book = StudioSettings(tmp_path / "studio.sqlite")
    with (
        start(keys=(), studio=book, own_process=True) as server,
        httpx.Client(base_url=server.url, timeout=60) as web,
    ):
        turns = [turn("user", "What?"), turn("assistant", "A boot."), turn("user", "Why?")]
        talk = {"title": "A talk", "turns": turns}
        assert web.put("/studio/talks/talk-one", json=talk).status_code == 204
        kept = {"content-type": "image/png"}
        assert web.put("/studio/talks/talk-one/media/medium-one", content=PNG, headers=kept).status_code == 204
        ask = {"model": "tiny", "max_output_tokens": 2, "input": "What?"}
        response = web.post("/v1/responses", json=ask).json()["id"]

        going = {"model": "tiny", "messages": said(turns), "temperature": 3.0, "max_tokens": 200}
        with web.stream("POST", "/v1/chat/completions", json={**going, "stream": True}) as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith("data: ")
            before = engine(server).pid or 0
            os.kill(before, signal.SIGKILL)
            assert any(line.startswith('data: {"error":') for line in lines)

        assert web.get("/studio/talks/talk-one").json() == talk
        assert web.get("/studio/talks/talk-one/media/medium-one").content == PNG
        assert until(lambda: web.get("/health/ready").status_code == 200, 60.0)
        assert engine(server).pid != before
        answer = web.post("/v1/chat/completions", json={**going, "max_tokens": 2, "temperature": 0.0}).json()
        turns.append(turn("assistant", answer["choices"][0]["message"]["content"]))
        assert web.put("/studio/talks/talk-one", json=talk).status_code == 204
        assert web.get("/studio/talks/talk-one").json() == talk
        assert web.post("/v1/responses", json={**ask, "previous_response_id": response}).status_code == 200
