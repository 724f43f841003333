"""A person's way through the page, in a real browser: each feature once, and no request to anywhere else."""

import json
import os
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image as Pillow

from sensorium.media.encode import encode_audio
from sensorium.media.types import AudioClip

pytestmark = pytest.mark.slow

AXE = Path(os.environ.get("AXE_CORE", "node_modules/axe-core/axe.min.js"))
DROP = """(target, name) => {
  const bytes = Uint8Array.from(atob(name.data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name.name, { type: name.type }));
  const event = name.how === "paste" ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true })
    : new DragEvent(name.how, { dataTransfer: transfer, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event);
}"""


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Pillow.new("RGB", (80, 60), (200, 30, 30)).save(path)
    return path


def ask(page: Any, words: str = "What is this?") -> None:
    page.fill("#words", words)
    page.click("#send")
    page.locator("li.assistant .acts").last.wait_for()


def test_ask_about_a_picture_and_find_it_again(page: Any, studio: Any, picture: Path) -> None:
    page.set_input_files("#files", picture)
    page.fill("#words", "What is this?")
    page.get_by_text("tokens · time known after the first answer").wait_for()
    ask(page)
    said = page.locator(".assistant .said").inner_text()
    assert page.locator(".user img").get_attribute("alt") == "red.png"
    page.get_by_role("button", name="New conversation").click()
    assert page.locator("#thread li").count() == 0
    page.reload()
    page.get_by_role("button", name="What is this?", exact=True).click()
    page.locator(".user img").wait_for()
    assert page.locator(".assistant .said").inner_text() == said
    page.get_by_role("button", name="New conversation").click()
    page.fill("#words", "And now?")
    page.locator("#estimate").get_by_text("about").wait_for()  # the time is known by now
    page.get_by_role("button", name="Delete “What is this?”").click()
    page.locator("#sure").get_by_role("button", name="Delete").click()
    page.get_by_text("Conversations are kept here").wait_for()
    assert httpx.get(f"{studio.url}/studio/talks").json() == {"talks": []}


@pytest.mark.parametrize("how", ["drop", "paste"])
def test_files_are_dropped_and_pasted(page: Any, picture: Path, how: str) -> None:
    import base64

    given = {
        "name": "red.png",
        "type": "image/png",
        "how": how,
        "data": base64.b64encode(picture.read_bytes()).decode(),
    }
    page.evaluate(f"(given) => ({DROP})(null, given)", given)
    page.locator("#tray img").wait_for()
    page.get_by_role("button", name="Remove red.png").click()
    assert page.locator("#tray img").count() == 0


def test_what_cannot_be_attached_is_said(page: Any, tmp_path: Path) -> None:
    (tmp_path / "a.exe").write_bytes(b"MZ")
    page.set_input_files("#files", tmp_path / "a.exe")
    page.get_by_role("alert").get_by_text("a.exe: attach pictures").wait_for()


def test_a_sound_and_a_text(page: Any, tmp_path: Path) -> None:
    (tmp_path / "beep.wav").write_bytes(encode_audio(AudioClip(np.sin(np.arange(8000) / 5).astype(np.float32))))
    (tmp_path / "note.txt").write_text("A note.")
    page.set_input_files("#files", [tmp_path / "beep.wav", tmp_path / "note.txt"])
    page.get_by_role("button", name="Look at note.txt").click()
    page.locator("#viewer pre").get_by_text("A note.").wait_for()
    page.locator("#viewer").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Look at beep.wav").click()
    page.locator("#viewer audio").wait_for()


def test_a_pdf_is_its_pages(page: Any, tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2")
    first, second = (Pillow.new("RGB", (90, 120), colour) for colour in ("white", "red"))
    first.save(tmp_path / "two.pdf", save_all=True, append_images=[second])
    page.set_input_files("#files", tmp_path / "two.pdf")
    page.get_by_role("button", name="Look at two.pdf, page 2").wait_for()
    assert page.locator("#tray li").count() == 2


def test_microphone_and_camera(page: Any) -> None:
    page.get_by_role("button", name="Record sound").click()
    page.get_by_text("Recording 0:01").wait_for()
    page.get_by_role("button", name="Record sound").click()
    page.locator("#tray").get_by_text("recording").wait_for()
    page.get_by_role("button", name="Camera", exact=True).click()
    page.get_by_role("button", name="Take a picture").click()
    page.locator("#tray img").wait_for()
    page.get_by_role("button", name="Camera", exact=True).click()
    page.get_by_role("button", name="Record a film").click()
    page.wait_for_timeout(600)
    page.get_by_role("button", name="Stop and attach").click()
    page.locator("#tray video").wait_for()


def test_stop_again_edit(page: Any, studio: Any) -> None:
    ask(page, "One?")
    page.get_by_role("button", name="Answer again, in other words").click()
    page.locator("li.assistant .acts").wait_for()
    ask(page, "Two?")
    page.get_by_role("button", name="Edit this question").first.click()
    assert page.input_value("#words") == "One?"
    ask(page, "Three?")
    assert page.locator(".user .said").all_inner_texts() == ["Three?"]
    page.route("**/v1/chat/completions", lambda _: None)  # an answer that does not come
    page.fill("#words", "Four?")
    page.click("#send")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.locator(".facts").get_by_text("Stopped").wait_for()
    page.unroute("**/v1/chat/completions")


def test_a_refusal_is_shown_and_can_be_tried_again(page: Any) -> None:
    refusal = {
        "status": 429,
        "content_type": "application/json",
        "body": json.dumps({"error": {"message": "Too much."}}),
    }
    page.route("**/v1/chat/completions", lambda route: route.fulfill(**refusal))
    page.fill("#words", "One?")
    page.click("#send")
    page.get_by_role("alert").get_by_text("Too much.").wait_for()
    page.unroute("**/v1/chat/completions")
    page.get_by_role("button", name="Try again").click()
    page.locator("li.assistant .acts").wait_for()


def test_a_correction_is_kept_for_training(page: Any, studio: Any) -> None:
    ask(page)
    page.get_by_role("button", name="Bad answer").click()
    page.fill("#better", "a boot")
    page.locator("#correct").get_by_role("button", name="Keep").click()
    page.get_by_role("button", name="Download training pairs (1)").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download training pairs (1)").click()
    (line,) = Path(download.value.path()).read_text().splitlines()
    assert json.loads(line)["chosen"][-1]["content"] == "a boot"


def keep(studio: Any, picture: Path, text: str, **known: Any) -> None:
    """A talk with an answer as another model would give it."""
    base = f"{studio.url}/studio/talks/talk-one"
    parts = [{"kind": "image", "id": "medium-1", "name": "red.pdf", "page": 2}, {"kind": "text", "text": "Where?"}]
    answer = {"role": "assistant", "parts": [{"kind": "text", "text": text}], "known": known}
    httpx.put(base, json={"title": "Where?", "turns": [{"role": "user", "parts": parts}, answer]})
    httpx.put(f"{base}/media/medium-1", content=picture.read_bytes(), headers={"content-type": "image/png"})


def test_evidence_is_drawn_and_nothing_said_is_markup(page: Any, studio: Any, picture: Path) -> None:
    box = {"kind": "box", "left": 10, "top": 12, "right": 40, "bottom": 50, "label": "boot"}
    keep(studio, picture, "<img src=x onerror=alert(1)> see page 2", places=[box], confidence=0.31, sure=False)
    page.reload()
    page.get_by_role("button", name="Where?", exact=True).click()
    said = page.locator(".assistant .said")
    said.wait_for()
    assert said.inner_text() == "<img src=x onerror=alert(1)> see page 2"
    assert said.locator("img").count() == 0
    assert page.locator(".evidence rect").get_attribute("x") == "10"
    page.get_by_text("Confidence 31 %").wait_for()
    page.get_by_text("The model is not sure").wait_for()
    page.locator(".evidence .chip").click()
    page.locator("#viewer .place.on").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="page 2", exact=True).click()
    page.locator("#viewer-title").get_by_text("red.pdf, page 2").wait_for()


def test_chinese_dark_and_a_phone(page: Any) -> None:
    page.locator("#language").click()
    page.get_by_role("heading", name="就图片、声音、视频或文档提问").wait_for()
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.locator("#theme").click()
    page.locator("#theme").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.set_viewport_size({"width": 360, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator("#menu").click()
    page.locator("#new").click()
    page.reload()
    page.get_by_role("heading", name="就图片、声音、视频或文档提问").wait_for()


def test_keys_alone_are_enough(page: Any) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skips to the question
    page.keyboard.type("What is this?")
    page.keyboard.press("Enter")
    page.locator("li.assistant .acts").wait_for()
    assert page.locator("#status").inner_text().startswith("Answer:")


def test_axe_finds_nothing(page: Any, studio: Any, picture: Path) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not there: npm install axe-core, or AXE_CORE=path of axe.min.js")
    keep(studio, picture, "A boot.", confidence=0.9, sure=False)
    page.reload()
    page.get_by_role("button", name="Where?", exact=True).click()
    page.locator(".confidence").wait_for()
    page.evaluate(AXE.read_text())
    for theme in ("light", "dark"):
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
        found = page.evaluate("axe.run()")["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == [], theme


def test_a_server_with_a_key_asks_for_it(browser: Any, start: Any, tmp_path: Path) -> None:
    from sensorium.serving.studio.routes import StudioSettings

    with start(studio=StudioSettings(tmp_path / "a.sqlite")) as running:
        page = browser.new_page()
        page.goto(running.url)
        page.fill("#key", running.key)
        page.keyboard.press("Enter")
        page.locator("body[data-ready]").wait_for()
        assert page.locator("#model").input_value() == "tiny"
        page.close()
