"""Messages in two languages."""

import pytest

from sensorium.cli.messages import language_of, say


@pytest.mark.parametrize(("text", "language"), [("Hm?", "en"), ("这是什么", "zh"), ("is it 红色?", "zh"), ("", "en")])
def test_the_language_of_a_question(text: str, language: str) -> None:
    assert language_of(text) == language


def test_slots_are_filled() -> None:
    assert say("unsure", "en", percent=33.6) == "not sure (34 %)"
