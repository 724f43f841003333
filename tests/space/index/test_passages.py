"""Where a text is cut."""

import pytest

from sensorium.space.index.passages import LONGEST, passages


def test_a_short_text_is_one() -> None:
    assert passages("  One thought. Another.\n") == ["One thought. Another."]
    assert passages(" \n ") == []


@pytest.mark.parametrize("between", ["\n\n", ". ", " ", "。"])
def test_it_is_cut_where_it_hurts_least(between: str) -> None:
    text = between.join(["word" * 40] * 8)
    found = passages(text)
    assert all(len(each) <= LONGEST for each in found)
    assert [each.strip("。. \n") for each in found[:1]] == [between.join(["word" * 40] * 2)]
    assert "".join("".join(found).split()) == "".join(text.split())


def test_a_text_without_any_gap() -> None:
    assert [len(each) for each in passages("x" * 1000)] == [400, 400, 200]
