"""Words: how tokens are split, punctuation joined, pauses taken from them, and words shared out to segments."""

import numpy as np
import pytest
from tests.models.whisper.fakes import tokenizer

from sensorium.models.whisper.alignment import Alignment
from sensorium.models.whisper.words import (
    Spoken,
    Timed,
    finished,
    join_punctuation,
    median_seconds,
    settle,
    split_words,
    spread,
    timed_words,
)

HOW, ARE, YOU, YES, NO, ING, DOT, OPEN, CLOSE, COMMA, S = 10, 11, 12, 3, 4, 5, 6, 7, 8, 9, 15
NI_FIRST, NI_SECOND, HAO, BROKEN = 18, 19, 20, 21


def test_words_begin_with_a_space_or_are_marks() -> None:
    assert split_words([HOW, ING, ARE, COMMA, YOU, S, DOT], tokenizer(), "en") == [
        (" howing", 2),
        (" are", 1),
        (",", 1),
        (" yous", 2),
        (".", 1),
    ]


def test_characters_where_there_are_no_spaces() -> None:
    ids = [NI_FIRST, NI_SECOND, HAO, YES, ING]
    assert split_words(ids, tokenizer(), "zh") == [("你", 2), ("好", 1), (" yes", 1), ("ing", 1)]
    assert split_words(ids, tokenizer(), "en") == [("你好", 3), (" yesing", 2)]


@pytest.mark.parametrize("ids", [[HAO, BROKEN, HAO], [HAO, NI_FIRST], [BROKEN], []])
def test_half_characters_lose_no_token(ids: list[int]) -> None:
    words = split_words(ids, tokenizer(), "zh")
    assert sum(count for _, count in words) == len(ids)
    assert "".join(text for text, _ in words) == tokenizer().decode(ids)


def timed(*texts: str, seconds: float = 0.2) -> list[Timed]:
    return [Timed(text, 1, index * seconds, (index + 1) * seconds, 0.5) for index, text in enumerate(texts)]


def test_marks_join_their_words() -> None:
    words = timed(" (", " how", " are", ")", "?", " -", " yes", ".")
    join_punctuation(words)
    assert [(word.text, word.tokens) for word in words if word.text] == [(" ( how", 2), (" are)?", 3), (" - yes.", 3)]
    kept = next(word for word in words if word.text == " are)?")
    assert (kept.start, kept.end) == pytest.approx((0.4, 0.6))  # times are those of the word


def test_times_and_probabilities_are_those_of_the_tokens() -> None:
    alignment = Alignment(np.array([0.9, 0.5, 0.7, 0.1]), np.array([0.0, 0.2, 0.3, 0.5, 0.6]))
    how, are, mark = timed_words([(" how", 2), (" are", 1), (".", 1)], alignment)
    assert (how.text, how.start, how.end) == (" how", 0.0, 0.3)
    assert how.probability == pytest.approx(0.7)
    assert (are.text, are.start, are.end, are.tokens) == (" are.", 0.3, 0.5, 2)
    assert mark.text == ""


def test_a_pause_at_the_end_of_a_sentence_is_no_word() -> None:
    alignment = Alignment(np.full(5, 0.5), np.array([0.0, 0.2, 0.4, 5.0, 5.2, 9.0]))
    words = timed_words([(" yes", 1), (" no", 1), (".", 1), (" how", 1), (" are", 1)], alignment)
    assert [word.text for word in words if word.text] == [" yes", " no.", " how", " are"]
    alignment = Alignment(np.full(5, 0.5), np.array([0.0, 0.2, 0.4, 0.5, 5.0, 5.2]))
    late = timed_words([(" yes", 1), (" no", 1), (".", 1), (" how", 1), (" are", 1)], alignment)[3]
    assert (late.start, late.end) == pytest.approx((4.6, 5.0))  # twice the median of 0.2 s


def test_the_usual_length() -> None:
    words = [Timed("a", 1, 0.0, 0.0, 1.0), *timed("b", "c", seconds=0.3)]
    assert median_seconds(words) == pytest.approx(0.3)  # one that takes no time does not count
    assert median_seconds(timed("a", seconds=9.0)) == 0.7
    assert median_seconds([]) == 0.0


def test_words_are_shared_out_by_tokens() -> None:
    words = timed(" a", " b", "", " c", " d")
    words[1].tokens, words[2].tokens = 2, 0
    shares = spread(words, [3, 0, 1, 5])
    assert [[word.text for word in share] for share in shares] == [[" a", " b"], [], [" c"], [" d"]]


def spoken(start: float, end: float, *times: tuple[float, float]) -> Spoken:
    return Spoken(start, end, [Timed(" a", 1, *each, 0.5) for each in times])


def test_segments_take_the_times_of_their_words() -> None:
    segment = spoken(0.0, 3.0, (0.4, 0.6), (0.6, 0.9))
    empty = spoken(4.0, 5.0)
    settle([segment, empty], median=0.2, spoken_until=0.4)
    assert (segment.start, segment.end, empty.start, empty.end) == (0.4, 0.9, 4.0, 5.0)


def test_words_that_reach_far_over_their_segment_are_cut() -> None:
    segment = spoken(2.0, 2.5, (1.2, 2.2), (2.2, 3.4))
    settle([segment], median=0.5, spoken_until=0.9)
    assert segment.words[0].start == pytest.approx(1.7)  # the usual length stays
    assert segment.words[1].end == pytest.approx(2.7)
    assert (segment.start, segment.end) == (segment.words[0].start, segment.words[1].end)


def test_after_a_pause_the_first_words_are_short() -> None:
    segment = spoken(5.0, 6.0, (0.0, 5.2), (5.2, 5.5))
    settle([segment], median=0.2, spoken_until=0.0)
    assert segment.words[0].start == pytest.approx(4.8)  # twice the median before its end
    both = spoken(0.0, 6.0, (0.0, 0.5), (0.5, 5.0))
    settle([both], median=0.2, spoken_until=-9.0)
    assert [(round(word.start, 2), round(word.end, 2)) for word in both.words] == [(4.2, 4.6), (4.6, 5.0)]


def test_without_a_pause_long_words_stay() -> None:
    segment = spoken(0.0, 6.0, (0.0, 0.5), (0.5, 5.0))
    settle([segment], median=0.2, spoken_until=0.0)
    assert (segment.words[0].start, segment.words[1].end) == (0.0, 5.0)


def test_words_on_the_clock_of_the_sound() -> None:
    (word,) = finished([Timed(" yes", 2, 0.104, 0.3, 0.25)], 30.0)
    assert (word.text, word.start, word.end, word.probability) == (" yes", 30.1, 30.3, 0.25)
