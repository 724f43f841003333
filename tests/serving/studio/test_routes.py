"""The page's requests, over the wire: strict, for one key alone, and without the page where there is to be none."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from sensorium.serving.studio.page import POLICY
from sensorium.serving.studio.routes import StudioSettings

KEYS = ("a-key-for-ann", "a-key-for-bob")
TURNS = [{"role": "user", "parts": [{"kind": "text", "text": "What?"}]}]


def holder(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def test_the_page_needs_no_key_but_its_requests_do(start: Any, tmp_path: Path) -> None:
    ann, bob = map(holder, KEYS)
    with (
        start(keys=KEYS, studio=StudioSettings(tmp_path / "a.sqlite")) as running,
        httpx.Client(base_url=running.url) as web,
    ):
        page = web.get("/")
        assert (page.status_code, page.headers["content-security-policy"]) == (200, POLICY)
        assert "<script>" not in page.text
        assert "style=" not in page.text
        assert web.get("/", headers={"if-none-match": page.headers["etag"]}).status_code == 304
        assert web.get("/studio/static/studio.js").headers["content-type"].startswith("text/javascript")
        assert web.get("/studio/static/../routes.py").status_code == 401
        assert web.get("/studio/talks").status_code == 401
        assert web.put("/studio/talks/talk-one", json={"turns": TURNS}, headers=ann).status_code == 204
        assert len(web.get("/studio/talks", headers=ann).json()["talks"]) == 1
        assert web.get("/studio/talks", headers=bob).json()["talks"] == []
        assert web.get("/studio/talks/talk-one", headers=bob).status_code == 404
        assert web.delete("/studio/talks", headers=ann).json() == {"erased": 1}


def test_a_server_without_it_has_no_page(server: Any) -> None:
    assert httpx.get(server.url, headers=server.headers).status_code == 404
    assert httpx.get(f"{server.url}/studio/about", headers=server.headers).status_code == 404


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"turns": [{"role": "system", "parts": []}]}, "turns[0].role: got 'system'"),
        ({"turns": [{"role": "user", "parts": [{"kind": "html", "text": ""}]}]}, "turns[0].parts[0].kind: got 'html'"),
        ({"turns": [{"role": "user", "parts": [{"kind": "image", "id": "../x"}]}]}, "turns[0].parts[0].id: no id"),
        ({"turns": [], "other": 1}, "other: this field is unknown"),
    ],
)
def test_what_cannot_be_kept_is_named(studio: Any, body: object, told: str) -> None:
    answer = httpx.put(f"{studio.url}/studio/talks/talk-one", json=body)
    assert answer.status_code == 400
    assert told in answer.json()["error"]["message"]


def test_media_come_back_as_bytes_that_no_page_can_run(studio: Any) -> None:
    httpx.put(f"{studio.url}/studio/talks/talk-one", json={"turns": TURNS})
    url = f"{studio.url}/studio/talks/talk-one/media/medium-1"
    assert httpx.put(url, content=b"x", headers={"content-type": "text/html"}).status_code == 415
    assert httpx.put(url, content=b"<b>", headers={"content-type": "image/svg+xml"}).status_code == 204
    found = httpx.get(url)
    assert (found.content, found.headers["content-security-policy"]) == (b"<b>", "sandbox")


def test_opinions_become_pairs(studio: Any) -> None:
    httpx.put(f"{studio.url}/studio/talks/talk-one", json={"turns": TURNS})
    body = {"talk": "talk-one", "asked": TURNS, "answer": "a boot", "good": False, "better": "a shoe"}
    assert httpx.post(f"{studio.url}/studio/opinions", json=body).status_code == 204
    assert httpx.get(f"{studio.url}/studio/about").json()["pairs"] == 1
    (line,) = httpx.get(f"{studio.url}/studio/pairs.jsonl").text.splitlines()
    assert json.loads(line)["chosen"][-1] == {"role": "assistant", "content": "a shoe"}


def test_tokens_are_counted_before_they_are_asked(studio: Any) -> None:
    body = {"model": "tiny", "messages": [{"role": "user", "content": "What is this?"}]}
    told = httpx.post(f"{studio.url}/studio/estimate", json=body).json()
    assert 0 < told["tokens"] < told["most"]


def test_search_is_there_only_with_an_index(studio: Any) -> None:
    assert httpx.get(f"{studio.url}/studio/about").json()["search"] is False
    assert httpx.post(f"{studio.url}/studio/search", json={"words": "x"}).status_code == 404
