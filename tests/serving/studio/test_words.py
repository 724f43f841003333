"""Whatever the page says, it says in every language, and what it says nowhere it has no words for."""

import re
from typing import Any

import pytest

from sensorium.serving.studio.page import FOLDER

_ASKED = (r'\bt\("(\w+)"', r'data-(?:t|label|placeholder)="(\w+)"', r'\bbutton\("(\w+)"')
KINDS = {"image", "audio", "video", "document", "text", "box", "point"}
ASKED_OTHERWISE = KINDS | {"microphone", "noHttps", "found", "far"}
"""By kinds of media and places, and by names in variables."""


def names(language: str) -> list[str]:
    """Of the words of a language, as they stand in words.js."""
    (block,) = re.findall(rf"^  {language}: {{\n(.*?)^  }},$", (FOLDER / "words.js").read_text(), re.M | re.S)
    return re.findall(r'(\w+): (?="|\()', block)


def asked() -> set[str]:
    """Names that the page asks for."""
    sources = "\n".join(each.read_text() for each in FOLDER.iterdir() if each.suffix in (".js", ".html"))
    return {name for pattern in _ASKED for name in re.findall(pattern, sources)} | ASKED_OTHERWISE


def test_every_language_has_every_word_once() -> None:
    assert names("en") == names("zh"), "the same words in the same order"
    assert len(set(names("en"))) == len(names("en"))


def test_words_are_those_that_the_page_asks_for() -> None:
    assert set(names("en")) == asked()


@pytest.mark.slow
def test_no_language_lacks_a_word(page: Any) -> None:
    assert page.evaluate("import('/studio/static/words.js').then((words) => words.missing())") == []
