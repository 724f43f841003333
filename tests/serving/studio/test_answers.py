"""What a person does with answers, in a real browser: stop, ask again, look at the evidence, rate."""

import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from tests.serving.studio.person import ask, check_access, keep, reopen

from sensorium.data.mixture import Share
from sensorium.data.records.skipped import Skipped
from sensorium.media.encode import encode_audio, encode_video
from sensorium.media.types import AudioClip, Image, VideoClip
from sensorium.training.pairs import pair_domain

pytestmark = pytest.mark.slow

NEVER_ENDING = """() => {
  const real = window.fetch;
  window.fetch = (path, options) => {
    if (path !== "/v1/chat/completions") return real(path, options);
    window.fetch = real;
    const body = new ReadableStream({ start(stream) {
      for (const content of ["One ", "two"]) {
        const event = JSON.stringify({ choices: [{ delta: { content } }] });
        stream.enqueue(new TextEncoder().encode(`data: ${event}\\n\\n`));
      }
      options.signal.addEventListener("abort", () => stream.error(options.signal.reason));
    } });
    return Promise.resolve(new Response(body));
  };
}"""


def test_stop_in_the_middle_of_an_answer(page: Any, studio: Any) -> None:
    page.evaluate(NEVER_ENDING)
    page.fill("#words", "Count.")
    page.click("#send")
    page.locator(".assistant .said").get_by_text("One two").wait_for()
    assert page.locator("#send").is_hidden()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.locator(".facts").get_by_text("Stopped").wait_for()
    assert page.locator(".assistant .said").inner_text() == "One two"
    page.get_by_role("button", name="Count.", exact=True).wait_for()  # in the list: it is kept
    (talk,) = httpx.get(f"{studio.url}/studio/talks").json()["talks"]
    kept = httpx.get(f"{studio.url}/studio/talks/{talk['id']}").json()["turns"][-1]
    assert (kept["parts"][0]["text"], kept["known"]["finish"]) == ("One two", "stopped")
    page.get_by_role("button", name="Answer again, in other words").click()
    page.locator(".facts").get_by_text("tokens").wait_for()
    assert page.locator(".assistant .said").inner_text() != "One two"


def test_again_and_edit(page: Any) -> None:
    ask(page, "One?")
    page.get_by_role("button", name="Answer again, in other words").click()
    page.locator("li.assistant .acts").wait_for()
    ask(page, "Two?")
    page.get_by_role("button", name="Edit this question").first.click()
    assert page.input_value("#words") == "One?"
    ask(page, "Three?")
    assert page.locator(".user .said").all_inner_texts() == ["Three?"]


def test_a_refusal_is_shown_and_can_be_tried_again(page: Any) -> None:
    body = json.dumps({"error": {"message": "Too much of everything at once. " * 8}})
    refuse = {"status": 429, "content_type": "application/json", "body": body}
    page.route("**/v1/chat/completions", lambda route: route.fulfill(**refuse))
    page.set_viewport_size({"width": 1100, "height": 700})
    page.fill("#words", "One?")
    page.click("#send")
    page.get_by_role("alert").get_by_text("Too much").wait_for()
    assert page.get_by_role("button", name="Try again").bounding_box()["height"] < 45, "its words stand in one line"
    page.locator("#language").click()
    page.locator("#words").fill("二?")
    page.click("#send")
    page.get_by_role("alert").get_by_text("请求太多，请稍后重试").wait_for()
    page.unroute("**/v1/chat/completions")
    page.get_by_role("button", name="重试").click()
    page.locator("li.assistant .acts").wait_for()


def test_a_question_that_was_left_can_still_be_answered(page: Any) -> None:
    page.route("**/v1/chat/completions", lambda _: None)  # an answer that does not come
    page.fill("#words", "One?")
    page.click("#send")
    page.get_by_role("button", name="One?", exact=True).wait_for()
    page.unroute("**/v1/chat/completions")
    page.reload()
    page.get_by_role("button", name="One?", exact=True).click()
    page.get_by_role("alert").get_by_text("This question has no answer yet.").wait_for()
    page.get_by_role("button", name="Try again").click()
    page.locator("li.assistant .acts").wait_for()


def test_evidence_is_drawn_and_nothing_said_is_markup(page: Any, studio: Any, picture: Path) -> None:
    box = {"kind": "box", "left": 10, "top": 12, "right": 40, "bottom": 50, "label": "boot"}
    keep(studio, picture, "<img src=x onerror=alert(1)> see page 2", places=[box], confidence=0.31, sure=False)
    reopen(page)
    said = page.locator(".assistant .said")
    assert said.inner_text() == "<img src=x onerror=alert(1)> see page 2"
    assert said.locator("img").count() == 0
    assert page.locator(".evidence rect").get_attribute("x") == "10"
    page.get_by_text("Confidence 31 %").wait_for()
    page.get_by_text("The model is not sure").wait_for()
    page.locator(".evidence .chip").click()
    page.locator("#viewer .place.on").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="page 2", exact=True).click()
    page.locator("#viewer-title").get_by_text("red.png, page 2").wait_for()


@pytest.mark.parametrize("name", ["film.mp4", "sound.wav"])
def test_moments_stand_on_the_line_of_a_film_or_sound(page: Any, studio: Any, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "film.mp4":
        path.write_bytes(encode_video(VideoClip(np.zeros((30, 32, 32, 3), np.uint8), np.arange(30) / 10, 3.0), "mp4"))
    else:
        path.write_bytes(encode_audio(AudioClip(np.zeros(3 * 16000, np.float32))))
    moment = {"kind": "moment", "start": 1.5, "end": 2.0, "label": "beep"}
    keep(studio, path, "A beep at 0:02.", places=[moment])
    reopen(page)
    page.locator(".evidence .chip").get_by_text("beep 0:01–0:02").click()
    page.locator("#viewer .line button").wait_for()
    player = page.locator("#viewer video, #viewer audio")
    player.evaluate("each => new Promise((done) => each.currentTime ? done() : (each.onseeked = done))")
    assert player.evaluate("each => each.currentTime") == pytest.approx(1.5, abs=0.1)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="0:02", exact=True).click()
    player.evaluate("each => new Promise((done) => each.currentTime ? done() : (each.onseeked = done))")
    assert player.evaluate("each => each.currentTime") == pytest.approx(2.0, abs=0.1)


def test_ratings_become_pairs_that_training_reads(page: Any, picture: Path) -> None:
    page.set_input_files("#files", picture)
    ask(page)
    first = page.locator(".assistant .said").inner_text()
    page.get_by_role("button", name="Bad answer").click()
    page.fill("#better", "a boot")
    page.locator("#correct").get_by_role("button", name="Keep").click()
    page.get_by_role("button", name="Download training pairs (1)").wait_for()
    assert page.get_by_role("button", name="Bad answer").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Answer again, in other words").click()
    page.get_by_role("button", name="Good answer").click()
    page.locator("#thread").get_by_text("Kept for training").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download training pairs (1)").click()
    pair = pair_domain("mine", Share(file=str(download.value.path())), Skipped()).train(np.random.default_rng(0))
    question, better = pair.messages()
    assert (question.text, better.text, pair.worse()[-1].text) == ("What is this?", "a boot", first)
    (shown,) = question.media
    assert isinstance(shown, Image)
    assert shown.pixels.shape == (60, 80, 3)


def test_axe_finds_nothing(page: Any, studio: Any, picture: Path) -> None:
    box = {"kind": "box", "left": 10, "top": 12, "right": 40, "bottom": 50, "label": "boot"}
    keep(studio, picture, "A boot on page 2.", places=[box], confidence=0.9, sure=False)
    reopen(page)
    check_access(page)
    page.locator(".evidence .chip").click()
    check_access(page)
