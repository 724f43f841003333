"""What a person does on the page, and what another model would have answered."""

import base64
import mimetypes
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

AXE = Path(os.environ.get("AXE_CORE", "node_modules/axe-core/axe.min.js"))
_GIVE = """({ name, type, how, data }) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  document.body.dispatchEvent(how === "paste" ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true })
    : new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


def ask(page: Any, words: str = "What is this?") -> None:
    """Ask, and wait for the whole answer."""
    page.fill("#words", words)
    page.click("#send")
    page.locator("li.assistant .acts").last.wait_for()


def give(page: Any, file: Path, how: str) -> None:
    """Drop a file on the page, or paste it."""
    data = base64.b64encode(file.read_bytes()).decode()
    page.evaluate(_GIVE, {"name": file.name, "type": mimetypes.guess_type(file.name)[0], "how": how, "data": data})


def keep(studio: Any, medium: Path, text: str, **known: Any) -> None:
    """A talk about a medium with an answer as another model would give it."""
    base = f"{studio.url}/studio/talks/talk-one"
    type_ = str(mimetypes.guess_type(medium.name)[0])
    kind = type_.partition("/")[0]
    shown = {"kind": kind, "id": "medium-1", "name": medium.name} | ({"page": 2} if kind == "image" else {})
    asked = {"role": "user", "parts": [shown, {"kind": "text", "text": "Where?"}]}
    answer = {"role": "assistant", "parts": [{"kind": "text", "text": text}], "known": known}
    httpx.put(base, json={"title": "Where?", "turns": [asked, answer]}).raise_for_status()
    headers = {"content-type": type_}
    httpx.put(f"{base}/media/medium-1", content=medium.read_bytes(), headers=headers).raise_for_status()


def reopen(page: Any) -> None:
    """Open the talk that was kept."""
    page.reload()
    page.get_by_role("button", name="Where?", exact=True).click()
    page.locator(".assistant .said").wait_for()


def check_access(page: Any) -> None:
    """Nothing for axe to find, in neither theme; skips where it is not there."""
    if not AXE.is_file():
        pytest.skip("axe-core is not there: npm install axe-core, or AXE_CORE=path of axe.min.js")
    page.evaluate(AXE.read_text())
    for theme in ("light", "dark"):
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
        found = page.evaluate("axe.run()")["violations"]
        told = [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]
        assert not told, f"{theme}: {told}"
