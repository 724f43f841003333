"""What every real set promises, on the tiny sets; and on the real ones where they are at hand."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import UnreadableMedia, UsageError
from sensorium.data.phrasing import UNANSWERABLE
from sensorium.data.readers.table import real_domains
from sensorium.data.sample import Domain, Sample

REAL = Path(__file__).parents[3].parent / "shared" / "data"
NAMES = tuple(real_domains(Path()))
PLAIN = ("What is this?", "What do you hear?")


@pytest.fixture(scope="module", params=NAMES)
def domain(request: pytest.FixtureRequest, sets: Path) -> Domain:
    return real_domains(sets)[request.param]()


def _same(one: Sample, two: Sample) -> bool:
    arrays = [
        [getattr(media, "pixels", getattr(media, "samples", getattr(media, "frames", None))) for media in sample.media]
        for sample in (one, two)
    ]
    return one.turns == two.turns and all(np.array_equal(a, b) for a, b in zip(*arrays, strict=True))


def _draws(domain: Domain, count: int) -> list[Sample]:
    return [domain.train(np.random.default_rng(seed)) for seed in range(count)]


def test_nothing_is_read_before_the_first_sample() -> None:
    missing = real_domains(Path("nowhere"))
    domains = [make() for make in missing.values()]
    assert [domain.name for domain in domains] == list(missing)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_set_says_where_to_point(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match="Set data_root in the recipe"):
        real_domains(tmp_path)[name]().train(np.random.default_rng(0))


def test_the_same_state_gives_the_same_sample(domain: Domain) -> None:
    assert all(_same(*(domain.train(np.random.default_rng(seed)) for _ in range(2))) for seed in range(12))


def test_validation_is_fixed_and_asks_once(domain: Domain) -> None:
    for index in range(min(domain.validation_size, 24)):
        first, second = domain.validation(index), domain.validation(index)
        assert _same(first, second)
        assert len(first.turns) == 1
        assert first.domain == domain.name
        assert first.turns[0].language == "en" or index % 4 == 3 or domain.name == "omniglot"


def test_validation_ends(domain: Domain) -> None:
    for index in (-1, domain.validation_size):
        with pytest.raises(UsageError, match=f"{domain.name}: validation sample {index}; there are .* Ask for"):
            domain.validation(index)


def test_a_talk_has_turns_in_both_languages_without_open_slots(domain: Domain) -> None:
    turns = [turn for sample in _draws(domain, 150) for turn in sample.turns]
    assert not [turn for turn in turns if "{" in turn.question + turn.answer or not turn.answer]
    languages = Counter(turn.language for turn in turns)
    assert 0.2 < languages["zh"] / len(turns) < 0.5 or domain.name == "photos"  # whose questions are English


def test_some_questions_have_no_answer_and_the_answer_says_so(domain: Domain) -> None:
    samples = _draws(domain, 400)
    unknown = [(sample, turn) for sample in samples for turn in sample.turns if turn.kind == "unanswerable"]
    assert 0.025 < len(unknown) / sum(len(sample.turns) for sample in samples) < 0.1
    for sample, turn in unknown:
        assert turn.answer == UNANSWERABLE[sample.media[0].modality][turn.language]


def test_yes_is_as_frequent_as_no(domain: Domain) -> None:
    turns = [turn for sample in _draws(domain, 400) for turn in sample.turns]
    by_kind: dict[str, Counter[bool]] = {}
    for turn in turns:
        if turn.answer in ("yes", "是", "有", "no", "不是", "没有") and domain.name not in ("videos", "photos"):
            by_kind.setdefault(turn.kind, Counter())[turn.answer in ("yes", "是", "有")] += 1
    for kind, answers in by_kind.items():
        assert 0.33 < answers[True] / answers.total() < 0.67, kind


def test_captions_weigh_little(domain: Domain) -> None:
    turns = [turn for sample in _draws(domain, 200) for turn in sample.turns]
    assert {turn.weight for turn in turns if turn.kind == "caption"} == {0.2}
    assert {turn.weight for turn in turns if turn.kind != "caption"} == {1.0}


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "fsdd", "esc10", "caltech"])
def test_the_plain_question_leads(name: str, sets: Path) -> None:
    domain = real_domains(sets)[name]()
    turns = [turn for sample in _draws(domain, 250) for turn in sample.turns]
    asked = Counter(turn.question for turn in turns if turn.language == "en")
    assert asked.most_common(1)[0][0] in PLAIN


def _kinds(samples: Sequence[Sample]) -> set[str]:
    return {turn.kind for sample in samples for turn in sample.turns}


@pytest.mark.skipif(not REAL.is_dir(), reason="the real sets are not here")
@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("mnist", 1000),
        ("fashion-mnist", 1000),
        ("fsdd", 500),
        ("esc10", 80),
        ("caltech", 453),
        ("pneumonia", 270),
        ("deeppcb", 240),
        ("omniglot", 200),
        ("videos", 14),
        ("photos", 7),
    ],
)
def test_real_sets(name: str, size: int) -> None:
    domain = real_domains(REAL)[name]()
    assert domain.validation_size == size
    assert _kinds([domain.validation(index) for index in range(0, size, 5)])
    assert len(_kinds(_draws(domain, 60))) >= 4 or name == "photos"
