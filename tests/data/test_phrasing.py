"""Wordings: language, slots, casual spelling."""

import numpy as np

from sensorium.data.phrasing import UNANSWERABLE, Phrasing, Word, ask

RED = Word("red", "红色")
TABLE = Phrasing(en=("Is it {x}?", "{x}: yes or no?"), zh=("是{x}吗？",))


def test_about_a_third_of_the_questions_is_chinese_and_slots_are_filled_in_that_language() -> None:
    rng = np.random.default_rng(0)
    drawn = [TABLE.pick(rng, x=RED) for _ in range(2000)]
    chinese = [question for question, language in drawn if language == "zh"]
    english = [question for question, language in drawn if language == "en"]
    assert 0.30 < len(chinese) / len(drawn) < 0.40
    assert all("红色" in question for question in chinese)
    assert all("red" in question for question in english)


def test_some_wordings_are_casual_and_keep_the_case_of_what_fills_a_slot() -> None:
    rng = np.random.default_rng(1)
    drawn = {Phrasing(en=("{x}: How much?",), zh=("{x}？",)).pick_in(rng, "en", x="Jan") for _ in range(200)}
    assert drawn == {"Jan: How much?", "Jan: How much"}
    drawn = {TABLE.pick_in(rng, "en", x="Jan") for _ in range(200)}
    assert drawn == {"Is it Jan?", "is it Jan", "Jan: yes or no?", "Jan: yes or no"}


def test_the_answer_is_in_the_language_of_the_question() -> None:
    rng = np.random.default_rng(2)
    turns = [ask(rng, TABLE, RED, "colour", x=3) for _ in range(200)]
    assert {(turn.language, turn.answer) for turn in turns} == {("en", "red"), ("zh", "红色")}
    assert {ask(rng, TABLE, 4, "count", x=3).answer for _ in range(20)} == {"4"}


def test_each_modality_has_its_sentence_for_what_cannot_be_told() -> None:
    assert UNANSWERABLE["image"]["en"] == "I can't tell from this picture."
    assert UNANSWERABLE["audio"]["zh"] == "从声音里听不出来。"
    assert set(UNANSWERABLE) == {"image", "audio", "video"}
