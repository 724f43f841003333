"""Stop strings are found wherever tokens break them; what cannot become one is shown at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.core.errors import UsageError
from sensorium.engine.stopping import Words, check_stops


class Letters:
    """Id n is the n-th letter of "abc"."""

    def decode(self, ids: list[int]) -> str:
        return "".join("abc"[id_] for id_ in ids)


@given(st.lists(st.integers(0, 2), max_size=12), st.lists(st.text("abc", min_size=1, max_size=4), max_size=3))
def test_the_text_is_what_stands_before_the_first_stop(ids: list[int], stops: list[str]) -> None:
    words, shown, taken = Words(Letters(), stops), "", 0
    for id_ in ids:
        shown += words.push(id_)
        taken += 1
        if words.stopped:
            break
    shown += words.finish()
    text = Letters().decode(ids)
    ends = [text.find(stop) + len(stop) for stop in stops if stop in text]
    assert words.stopped == bool(ends)
    if ends:
        assert taken == min(ends)  # found with the first token that completes one
        text = Letters().decode(ids[:taken])
        assert shown == text[: min(text.find(stop) for stop in stops if stop in text)]
    else:
        assert shown == text


def test_only_what_may_be_a_beginning_is_held_back() -> None:
    words = Words(Letters(), ["bca"])
    assert [words.push(id_) for id_ in (0, 1, 2, 1, 0)] == ["a", "", "", "bc", "ba"]


@pytest.mark.parametrize(
    ("stops", "message"),
    [
        (["a", ""], "a string of 0 characters"),
        (["a" * 257], "257 characters; expected 1 to 256"),
        (["a"] * 17, "17 strings"),
    ],
)
def test_stops_that_cannot_be(stops: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_stops(stops)
