"""Questions that several sets ask: they are true, balanced, and plain ones lead."""

from collections import Counter
from functools import partial

import numpy as np

from sensorium.data.phrasing import Phrasing, Word, ask
from sensorium.data.readers import questions
from sensorium.data.readers.questions import Thing, absent, examine, is_it, talk, untold, which_of
from sensorium.data.sample import Turn

BOOT = Thing(Word("ankle boot", "短靴"), "an")
OTHERS = (Thing(Word("coat", "外套")), Thing(Word("trousers", "裤子"), ""), Thing(Word("bag", "包")))


def test_is_it_says_yes_for_the_thing_alone() -> None:
    rng = np.random.default_rng(0)
    turns = [is_it(rng, BOOT, OTHERS) for _ in range(600)]
    for turn in turns:
        named = "短靴" in turn.question or "an ankle boot" in turn.question.lower()
        assert turn.answer in (("yes", "是") if named else ("no", "不是"))
    assert 0.44 < np.mean([turn.answer in ("yes", "是") for turn in turns]) < 0.56


def test_which_of_offers_the_thing_in_any_place() -> None:
    rng = np.random.default_rng(0)
    for count, words in ((2, 1), (4, 3)):
        turns = [which_of(rng, BOOT, OTHERS, count=count) for _ in range(200)]
        names = [(turn, [other.word[turn.language] for other in (BOOT, *OTHERS)]) for turn in turns]
        assert all(turn.answer == own and own in turn.question for turn, (own, *_) in names)
        assert all(sum(other in turn.question for other in others) >= words for turn, (_, *others) in names)
        english = [turn.question for turn in turns if turn.language == "en"]
        assert 0.1 < np.mean(["or an ankle boot" in question for question in english]) < 0.9


def test_what_is_absent_reads_well_after_is() -> None:
    things = [word.en for word in absent(OTHERS)]
    assert "coat" in things
    assert "trousers" not in things


def test_untold_fits_the_modality() -> None:
    rng = np.random.default_rng(1)
    assert {untold(rng, "audio").answer for _ in range(40)} == {"I can't tell from this sound.", "从声音里听不出来。"}
    assert {untold(rng, "video").answer for _ in range(40)} == {"I can't tell from this video.", "从视频里看不出来。"}


def test_a_talk_has_the_primary_question_once_and_mostly_first() -> None:
    rng = np.random.default_rng(0)
    primary = Turn("What is this?", "ankle boot", "name")
    makers = [partial(is_it, thing=BOOT, others=OTHERS), partial(which_of, thing=BOOT, others=OTHERS)]
    talks = [talk(rng, primary, makers, "image") for _ in range(300)]
    assert all(turns.count(primary) == 1 and 2 <= len(turns) <= 4 for turns in talks)
    assert 0.55 < np.mean([turns[0] is primary for turns in talks]) < 0.9


def test_examine_mixes_in_every_fourth() -> None:
    phrasing = Phrasing(("Mixed?",), ("混合？",))
    turns = [examine(index, "Plain?", phrasing, Word("boot", "靴"), "name")[0] for index in range(40)]
    assert all((turn.question == "Plain?") == (index % 4 != 3) for index, turn in enumerate(turns))
    assert {turn.answer for turn in turns[3::4]} == {"boot", "靴"}
    assert turns == [examine(index, "Plain?", phrasing, Word("boot", "靴"), "name")[0] for index in range(40)]


def test_tables_are_wide_and_their_slots_agree() -> None:
    tables = [value for value in vars(questions).values() if isinstance(value, Phrasing)]
    assert len(tables) >= 9
    for table in tables:
        assert len(set(table.en)) >= 8
        assert len(set(table.zh)) >= 4


def test_the_plain_question_is_drawn_most() -> None:
    rng = np.random.default_rng(0)
    asked = Counter(ask(rng, questions.WHAT_IS_SHOWN, "x", "name").question for _ in range(800))
    assert asked.most_common(1)[0][0] == "What is this?"
