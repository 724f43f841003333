"""Every answer about a made sound, measured again on the sound itself."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.data.synthetic.listening import bursts, flatness, loudness, pitch

from sensorium.data.synthetic import rhythms, sounds, waves
from sensorium.data.synthetic import tone_phrasings as say
from sensorium.data.synthetic.heard import PITCHES, Draw, Heard, reserved
from sensorium.data.synthetic.tones import Tones
from sensorium.media.types import AudioClip

Scenario = Callable[[Draw], Heard]


def _takes(scenario: Scenario, count: int = 40) -> Iterator[Heard]:
    for seed in range(count):
        yield scenario(Draw(np.random.default_rng([seed, 5]), held_out=seed % 4 == 0))


def _answer(heard: Heard, kind: str) -> Any:
    answers = {str(question.answer): question.answer for question in heard.questions if question.kind == kind}
    assert len(answers) <= 1, f"{kind}: contradicting answers {answers}"
    return next(iter(answers.values()), None)


@pytest.mark.parametrize("scenario", [rhythms.beeps, rhythms.knocks, rhythms.pause, rhythms.melody, rhythms.odd_one])
def test_beeps_are_counted_and_timed(scenario: Scenario) -> None:
    for heard in _takes(scenario):
        found = bursts(heard.samples)
        assert len(found) == _answer(heard, "count")
        steps = np.diff([burst.start for burst in found])
        tempo, evenness = _answer(heard, "tempo"), _answer(heard, "evenness")
        if tempo is not None:
            assert (tempo == say.FAST) == (steps.mean() < 0.4)
        if evenness is not None:
            assert (evenness == say.IRREGULAR) == (steps.std() > 0.05)


def test_the_longest_pause_is_where_it_is_said_to_be() -> None:
    for heard in _takes(rhythms.pause):
        steps = np.diff([burst.start for burst in bursts(heard.samples)])
        assert np.argmax(steps) + 1 == _answer(heard, "longest gap")


def test_melodies_climb_or_fall() -> None:
    for heard in _takes(rhythms.melody):
        found = bursts(heard.samples)
        steps = np.diff([np.log2(pitch(burst.samples)) for burst in found])
        change = say.STEADY if np.abs(steps).max() < 0.02 else say.RISING if steps.min() > 0 else say.FALLING
        assert change == _answer(heard, "pitch change")
        levels = np.diff([np.log(loudness(burst.samples)) for burst in found])
        louder = say.STEADY if np.abs(levels).max() < 0.1 else say.LOUDER if levels.min() > 0 else say.QUIETER
        assert louder == _answer(heard, "loudness change")


def test_the_odd_one_differs_as_said() -> None:
    for heard in _takes(rhythms.odd_one):
        found = bursts(heard.samples, floor=0.03)
        odd = next(question for question in heard.questions if question.kind == "odd one")
        measure = {
            "the highest": [pitch(burst.samples) for burst in found],
            "the lowest": [-pitch(burst.samples) for burst in found],
            "the loudest": [loudness(burst.samples) for burst in found],
            "the longest": [burst.end - burst.start for burst in found],
        }[str(odd.slots["odd"]["en"])]  # type: ignore[index]
        assert int(np.argmax(measure)) + 1 == odd.answer


def test_steady_tones_have_the_pitch_length_and_loudness_they_are_said_to_have() -> None:
    for heard in _takes(sounds.steady):
        (burst,) = bursts(heard.samples, floor=0.02)
        low, high = PITCHES[_answer(heard, "pitch")]
        assert low * 0.97 < pitch(burst.samples) < high * 1.03
        assert (_answer(heard, "length") == say.LONG) == (burst.end - burst.start > 0.9)
        thirds = [loudness(part) for part in np.array_split(burst.samples, 3)]
        change = _answer(heard, "loudness change")
        if change is not None:
            grown = thirds[2] / thirds[0]
            assert change == (say.LOUDER if grown > 2 else say.QUIETER if grown < 0.5 else say.STEADY)


def test_only_bent_waves_have_harmonics() -> None:
    for heard in _takes(sounds.steady):
        answer = _answer(heard, "smooth or buzzy")
        if answer is not None:
            (burst,) = bursts(heard.samples, floor=0.02)
            size = np.abs(np.fft.rfft(burst.samples * np.hanning(len(burst.samples)), 1 << 16)) ** 2
            base = int(np.argmax(size))
            share = size[int(base * 1.5) :].sum() / size.sum()
            assert (answer == say.BUZZY) == (share > 0.02)


def test_chirps_rise_or_fall() -> None:
    for heard in _takes(sounds.glide):
        (burst,) = bursts(heard.samples)
        parts = np.array_split(burst.samples, 8)
        rising = pitch(parts[-1]) > 1.4 * pitch(parts[0])
        falling = pitch(parts[0]) > 1.4 * pitch(parts[-1])
        assert rising != falling
        assert _answer(heard, "pitch change") == (say.RISING if rising else say.FALLING)


def test_two_tones_compare_as_said() -> None:
    for heard in _takes(sounds.comparison):
        first, second = bursts(heard.samples)
        apart = np.log2(pitch(second.samples) / pitch(first.samples))
        higher = say.SAME if abs(apart) < 0.05 else say.HIGHER if apart > 0 else say.LOWER
        assert higher == _answer(heard, "second pitch")
        measures = {
            "which is higher": (pitch(first.samples), pitch(second.samples)),
            "which is louder": (loudness(first.samples), loudness(second.samples)),
            "which is longer": (first.end - first.start, second.end - second.start),
        }
        for kind, (one, two) in measures.items():
            answer = _answer(heard, kind)
            assert answer is None or answer == (say.FIRST if one > two else say.SECOND)


def test_noise_is_flat_and_chords_are_not_one_note() -> None:
    for heard in _takes(sounds.noise, 20):
        (burst,) = bursts(heard.samples, floor=0.02)
        assert flatness(burst.samples) > 0.5
        assert (_answer(heard, "length") == say.LONG) == (burst.end - burst.start > 0.9)
    for heard in _takes(sounds.chord, 20):
        (burst,) = bursts(heard.samples, floor=0.02)
        size = np.abs(np.fft.rfft(burst.samples * np.hanning(len(burst.samples)), 1 << 16))
        root = size.argmax()
        others = np.r_[size[: int(root * 0.93)], size[int(root * 1.07) : int(root * 1.7)]]
        assert others.max() > 0.3 * size.max()


def test_silence_is_silent() -> None:
    for heard in _takes(sounds.silence, 20):
        finished = waves.finish(np.random.default_rng(0), heard.samples, noisy=1.0)
        assert np.abs(finished).max() < waves.AUDIBLE
        assert _answer(heard, "any sound")["en"] == "no"


def test_moments_lie_where_they_are_said_to_lie() -> None:
    for heard in _takes(sounds.moment):
        (burst,) = bursts(heard.samples)
        place = burst.start / (len(heard.samples) / 16_000 - burst.end + burst.start)
        part = say.BEGINNING if place < 0.3 else say.END if place > 0.7 else say.MIDDLE
        assert part == _answer(heard, "when")


def test_the_first_of_two_sounds_is_the_first() -> None:
    for heard in _takes(sounds.order):
        first = next(q.answer for q in heard.questions if q.phrasing is say.WHICH_FIRST)
        start = heard.samples[1600 : 1600 + 4800]
        noisy = flatness(start) > 0.3
        gaps = (np.abs(start[: 4800 // 400 * 400].reshape(-1, 400)).max(axis=1) < 0.01).mean()
        assert (first == say.CLICKS) == (gaps > 0.3)
        assert noisy == (first in (say.NOISE, say.CLICKS))


def test_finish_keeps_what_is_counted() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        heard = rhythms.beeps(Draw(rng, held_out=False))
        samples = waves.finish(rng, heard.samples, noisy=1.0)
        assert np.abs(samples).max() <= 1.0
        assert len(bursts(samples, floor=0.35)) == _answer(heard, "count")


def test_validation_pitches_are_never_trained_on() -> None:
    rng = np.random.default_rng(0)
    assert not any(reserved(Draw(rng, held_out=False).hertz(100.0, 4000.0)) for _ in range(300))
    assert all(reserved(Draw(rng, held_out=True).hertz(100.0, 4000.0)) for _ in range(300))
    assert 0.1 < np.mean([reserved(hertz) for hertz in np.geomspace(100, 4000, 2000)]) < 0.25


def test_the_same_generator_gives_the_same_sample() -> None:
    domain = Tones()
    one, two = (domain.train(np.random.default_rng(3)) for _ in range(2))
    assert one.turns == two.turns
    assert isinstance(one.media[0], AudioClip)
    assert isinstance(two.media[0], AudioClip)
    np.testing.assert_array_equal(one.media[0].samples, two.media[0].samples)
    assert 3 <= len(one.turns) <= 6


def test_validation_is_numbered_and_has_one_scored_turn() -> None:
    domain = Tones(validation_size=39)
    turns = [domain.validation(index).turns for index in range(domain.validation_size)]
    assert turns == [domain.validation(index).turns for index in range(domain.validation_size)]
    assert all(len(each) == 1 and each[0].weight == 1.0 for each in turns)
    assert len({each[0].kind for each in turns}) > 8
