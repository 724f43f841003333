"""Samples: the same at every call, no two parts alike, and media taken away from those that are learnt."""

import numpy as np

from sensorium.data.sample import Sample
from sensorium.evaluation.fusion.samples import DROPPED, asked, held_out, learnt
from sensorium.evaluation.fusion.task import KINDS
from sensorium.media.types import AudioClip, Image, Media


def pictures(samples: list[Sample]) -> list[bytes]:
    return [each.pixels.tobytes() for sample in samples for each in sample.media if isinstance(each, Image)]


def test_samples_are_functions_of_their_number() -> None:
    first, again = [*learnt(30, "sound")], [*learnt(30, "sound")]
    assert pictures(first) == pictures(again)
    assert [sample.turns for sample in first] == [sample.turns for sample in again]
    assert {sample.turns[0].kind for sample in first} == set(KINDS)


def test_no_question_was_learnt_or_watched() -> None:
    known = {*pictures([*learnt(60, "sound")]), *pictures([*held_out("either", "sound")])}
    questions = [sample for sample, _ in asked("either", "sound", 20)]
    assert len(questions) == 20
    assert not known & {*pictures(questions)}


def test_media_are_taken_away_but_never_both() -> None:
    samples = [*learnt(300, "sound")]
    missing = sum(len(sample.media) == 1 for sample in samples)
    blank = sum(empty(each) for sample in samples for each in sample.media)
    assert all(sample.media for sample in samples)
    expected = 300 * (2 * DROPPED - DROPPED**2)  # of both, the luckier one stays
    assert abs(missing + blank - expected) < 40
    assert abs(missing - blank) < 50


def empty(medium: Media) -> bool:
    assert isinstance(medium, Image | AudioClip)
    return np.ptp(medium.pixels if isinstance(medium, Image) else medium.samples) == 0


def test_notes_are_taken_away_as_media_are() -> None:
    samples = [*learnt(300, "text")]
    noted = sum("The note says" in sample.turns[0].question for sample in samples)
    assert all(sample.media or "The note says" in sample.turns[0].question for sample in samples)
    assert 220 < noted < 300
    assert any("says nothing" in sample.turns[0].question for sample in samples)
