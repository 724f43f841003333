"""A server with the studio, and a real browser before it."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

pytest.importorskip("starlette")

from sensorium.serving.studio.routes import StudioSettings

CHROMIUM = shutil.which("chromium")
FAKES = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")


@pytest.fixture
def studio(start: Any, tmp_path: Path) -> Iterator[Any]:
    """A running server without a key."""
    with start(keys=(), studio=StudioSettings(tmp_path / "studio.sqlite")) as running:
        yield running


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Pillow.new("RGB", (80, 60), (200, 30, 30)).save(path)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, with a microphone and a camera that it makes up.

    Not for longer than a module: playwright leaves an event loop running in this thread, where others want theirs.
    """
    api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *FAKES])
        yield found
        found.close()


@pytest.fixture
def page(browser: Any, studio: Any) -> Iterator[Any]:
    """The page, opened; the test fails for whatever goes wrong on it unseen, and for any request to elsewhere."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": 1200, "height": 800}, locale="en-GB")
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=studio.url)
    context.set_default_timeout(15_000)
    opened = context.new_page()
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda each: _check_local(each.url, studio.url, wrong))
    opened.goto(studio.url)
    opened.locator("body[data-ready]").wait_for()
    yield opened
    context.close()
    assert wrong == []


def _check_local(url: str, here: str, wrong: list[str]) -> None:
    if not url.startswith((here, f"blob:{here}", "data:")):
        wrong.append(f"a request to {url}")
