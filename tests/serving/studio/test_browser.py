"""A person's way through the page, in a real browser: each feature once, and no request to anywhere else."""

from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image as Pillow
from tests.serving.studio.person import ask, give

from sensorium.media.encode import encode_audio
from sensorium.media.types import AudioClip

pytestmark = pytest.mark.slow


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
    give(page, picture, how)
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


def test_what_the_model_does_not_take_is_said_before_it_is_sent(page: Any, picture: Path, tmp_path: Path) -> None:
    (tmp_path / "beep.wav").write_bytes(encode_audio(AudioClip(np.zeros(8000, np.float32))))
    page.set_input_files("#files", tmp_path / "beep.wav")
    ask(page)
    models = [{"id": "tiny", "does": "answer", "modalities": ["text", "image"]}]
    about = {"models": models, "search": False, "pairs": 0, "pages": 16}
    page.route("**/studio/about", lambda route: route.fulfill(json=about))
    page.reload()
    page.get_by_text("tiny takes texts and pictures.").wait_for()
    assert page.get_by_role("button", name="Record sound").is_disabled()
    assert "audio" not in page.locator("#files").get_attribute("accept")
    page.set_input_files("#files", [picture, tmp_path / "beep.wav"])
    page.get_by_text("tiny does not take sounds. Remove them").wait_for()
    assert page.locator("#send").is_disabled()
    assert page.locator("#tray .unfit").count() == 1
    page.get_by_role("button", name="Remove them").click()
    assert page.locator("#tray li").count() == 1
    assert page.locator("#send").is_enabled()
    page.get_by_role("button", name="What is this?", exact=True).click()
    page.fill("#words", "And now?")
    page.get_by_text("This conversation holds sounds, which tiny does not take").wait_for()


def test_words_of_documents_go_to_every_model(page: Any, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("A note.")
    page.set_input_files("#files", tmp_path / "note.txt")
    with page.expect_request("**/v1/chat/completions") as sent:
        ask(page)
    content = sent.value.post_data_json["messages"][0]["content"]
    assert [part["text"] for part in content] == ["[note.txt]\nA note.\n", "What is this?"]


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
