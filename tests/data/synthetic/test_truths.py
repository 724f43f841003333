"""Questions and wordings of all made domains: languages, slots, variety, how many turns a sample has."""

from types import ModuleType

import numpy as np
import pytest

from sensorium.data.phrasing import Phrasing, Word
from sensorium.data.sample import Domain
from sensorium.data.synthetic import moving_phrasings, pair_phrasings, tone_phrasings
from sensorium.data.synthetic.moving import MovingShapes
from sensorium.data.synthetic.tones import Tones
from sensorium.data.synthetic.truths import Question, several, single, whether

_HOW = Phrasing(en=("How?", "In what way?", "how so"), zh=("怎么样？", "如何？", "怎样"))


def _slots(template: str) -> set[str]:
    return {piece.split("}")[0] for piece in template.split("{")[1:]}


@pytest.mark.parametrize(
    "tables", [tone_phrasings, moving_phrasings, pair_phrasings], ids=lambda tables: tables.__name__
)
def test_every_question_has_many_wordings_in_both_languages(tables: ModuleType) -> None:
    phrasings = {name: value for name, value in vars(tables).items() if isinstance(value, Phrasing)}
    assert len(phrasings) > 15
    for name, phrasing in phrasings.items():
        assert len(set(phrasing.en)) >= 8, name
        assert len(set(phrasing.zh)) >= 4, name
        assert all(template.isascii() for template in phrasing.en), name
        assert all(any("\u4e00" <= sign <= "\u9fff" for sign in template) for template in phrasing.zh), name
        offered = set().union(*(_slots(template) for template in phrasing.en))
        assert set().union(*(_slots(template) for template in phrasing.zh)) <= offered, name


@pytest.mark.parametrize("domain", [Tones(), MovingShapes()], ids=lambda domain: domain.name)
def test_answers_are_short_and_in_the_language_of_the_question(domain: Domain) -> None:
    languages = []
    for seed in range(150):
        for turn in domain.train(np.random.default_rng(seed)).turns:
            languages.append(turn.language)
            assert turn.question.isascii() == (turn.language == "en")
            assert turn.answer.isascii() == (turn.language == "en") or turn.answer.isdigit()
            assert len(turn.answer) < 32 or turn.kind == "caption"
            assert "{" not in turn.question
            assert turn.weight == (0.2 if turn.kind == "caption" else 1.0)
    assert 0.25 < languages.count("zh") / len(languages) < 0.45


def test_several_draws_three_to_six_different_questions() -> None:
    questions = [Question(_HOW, number, f"kind {number}") for number in range(9)]
    numbers = [len(several(np.random.default_rng(seed), questions)) for seed in range(50)]
    assert min(numbers) >= 2
    assert max(numbers) <= 6
    for seed in range(20):
        asked = [turn.question for turn in several(np.random.default_rng(seed), questions)]
        assert len(asked) == len(set(asked))


def test_single_never_asks_for_a_caption() -> None:
    questions = [Question(_HOW, "a caption", "caption", weight=0.2), Question(_HOW, 3, "count")]
    turns = [single(np.random.default_rng(seed), questions) for seed in range(20)]
    assert all(len(each) == 1 and each[0].answer == "3" for each in turns)


def test_whether_answers_yes_or_no_in_both_languages() -> None:
    turns = [whether(_HOW, True, "so").turn(np.random.default_rng(seed)) for seed in range(40)]
    assert {(turn.language, turn.answer) for turn in turns} == {("en", "yes"), ("zh", "是")}


def test_slots_are_filled_in_the_language_of_the_question() -> None:
    phrasing = Phrasing(en=("Is {thing} there?",), zh=("有{thing}吗？",))
    turns = [
        Question(phrasing, 1, "there", {"thing": Word("a dog", "狗")}).turn(np.random.default_rng(seed))
        for seed in range(40)
    ]
    assert {turn.question for turn in turns} >= {"Is a dog there?", "有狗吗？"}
