"""Search on the page, in a real browser: by words, by a file however it comes, and what can be done with hits."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.serving.studio.person import check_access, give
from tests.space.index.colours import Colours, paint, play

from sensorium.serving.studio import finding
from sensorium.serving.studio.routes import StudioSettings
from sensorium.space.index.build import index_paths
from sensorium.space.index.sqlite import SqliteStore, make_index

pytestmark = pytest.mark.slow


@pytest.fixture
def studio(start: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """With an index of three pictures, a sound and a note, in a space of colours and pitch."""
    things, folder, colours = tmp_path / "things", tmp_path / "index", Colours()
    for colour in ("red", "green", "blue"):
        paint(things / f"{colour}.png", colour)
    play(things / "hum.wav", 100)
    (things / "note.txt").write_text("A note on lighthouses.")
    make_index(folder, colours.name, colours.width)
    store = SqliteStore(folder, write=True)
    index_paths(store, colours, [things], leave_out=folder)
    store.close()
    monkeypatch.setattr(finding, "load_embedder", lambda name: colours)
    with start(keys=(), studio=StudioSettings(tmp_path / "studio.sqlite", folder)) as running:
        yield running


def first(page: Any) -> Any:
    return page.locator("#hits h2").first


def test_by_words_and_kinds(page: Any) -> None:
    page.get_by_role("button", name="Search").click()
    page.fill("#sought", "green")
    page.keyboard.press("Enter")
    first(page).get_by_text("green.png").wait_for()
    page.get_by_label("texts").check()
    page.fill("#sought", "lighthouses")
    page.keyboard.press("Enter")
    page.get_by_text("1 found").wait_for()
    page.get_by_role("button", name="Look: note.txt").click()
    page.locator("#viewer pre").get_by_text("A note on lighthouses.").wait_for()
    page.keyboard.press("Escape")
    page.locator("#language").click()
    page.get_by_text("找到 1 项").wait_for()
    page.get_by_role("button", name="查看: note.txt").wait_for()


def test_what_is_only_nearest_is_called_so(page: Any) -> None:
    page.get_by_role("button", name="Search").click()
    page.get_by_label("pictures").check()
    page.fill("#sought", "zebra")
    page.keyboard.press("Enter")
    page.get_by_text("Nothing fits well. These 3 are the nearest.").wait_for()
    page.locator("#hits").get_by_text(re.compile(r"fits \d+ %")).first.wait_for()


@pytest.mark.parametrize("how", ["choose", "drop", "paste"])
def test_by_a_file(page: Any, tmp_path: Path, how: str) -> None:
    alike = paint(tmp_path / "alike.png", "blue", shade=9)
    page.get_by_role("button", name="Search").click()
    if how == "choose":
        page.set_input_files("#search-files", alike)
    else:
        give(page, alike, how)
    first(page).get_by_text("blue.png").wait_for()
    assert page.locator("#tray li").count() == 0, "it is no part of the next question"
    page.get_by_role("button", name="Similar: red.png").click()
    first(page).get_by_text("red.png").wait_for()
    page.get_by_role("button", name="Ask: red.png").click()
    page.locator("#tray").get_by_role("button", name="Look at red.png").wait_for()


def test_by_a_recording(page: Any) -> None:
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Search by a recording").click()
    page.get_by_text("Recording 0:01").wait_for()
    page.get_by_role("button", name="Search by a recording").click()
    page.locator("#found-how-many").get_by_text("found").wait_for()


def test_what_cannot_be_searched_by_is_said(page: Any, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("lighthouses")
    page.get_by_role("button", name="Search").click()
    page.set_input_files("#search-files", tmp_path / "words.txt")
    page.get_by_role("alert").get_by_text("write words into the field").wait_for()


def test_axe_finds_nothing(page: Any) -> None:
    page.get_by_role("button", name="Search").click()
    page.fill("#sought", "green")
    page.keyboard.press("Enter")
    first(page).get_by_text("green.png").wait_for()
    check_access(page)
