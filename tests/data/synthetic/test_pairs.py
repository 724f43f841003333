"""Every answer about two media, found again from the media."""

import re

import numpy as np
import pytest
from tests.data.synthetic.listening import bursts, pitch

from sensorium.data.sample import Sample, Turn
from sensorium.data.synthetic.counted import beeping, many_shapes
from sensorium.data.synthetic.heard import Draw
from sensorium.data.synthetic.pairs import Pairs
from sensorium.media.types import AudioClip, Image


def _picture(rng: np.random.Generator, digit: int, validation: bool) -> Image:
    return Image(np.full((28, 28, 3), 20 * digit, np.uint8), source="held out" if validation else "known")


def _voice(rng: np.random.Generator, digit: int, validation: bool) -> AudioClip:
    return AudioClip(np.full(100, digit / 10, np.float32), source="held out" if validation else "known")


@pytest.fixture
def pairs() -> Pairs:
    return Pairs(digit_images=_picture, spoken_digits=_voice, validation_size=60)


def _digits(sample: Sample) -> list[int]:
    """The digits that the fake sets painted into the media."""
    return [
        int(media.pixels[0, 0, 0]) // 20 if isinstance(media, Image) else round(float(media.samples[0]) * 10)
        for media in sample.media
        if isinstance(media, Image | AudioClip)
    ]


_WORDS = {
    "yes": {"yes", "是"},
    "no": {"no", "不是"},
    "equal": {"equal", "一样"},
    "first": {"first", "第一个"},
    "second": {"second", "第二个"},
    "spoken": {"spoken", "说的"},
    "written": {"written", "写的"},
}


def _check_digits(sample: Sample, turn: Turn) -> bool:
    one, two = _digits(sample)
    names = ["written" if isinstance(media, Image) else "spoken" for media in sample.media]
    if names[0] == names[1]:
        names = ["first", "second"]
    place = 1 if re.search("second|第二", turn.question) else 0
    expected = {
        "sum": str(one + two),
        "difference": str(abs(one - two)),
        "same digit": "yes" if one == two else "no",
        "which is larger": "equal" if one == two else names[0] if one > two else names[1],
        "digit of": str((one, two)[place]),
        **{f"{name} digit": str(digit) for name, digit in zip(names, (one, two), strict=True)},
    }
    if turn.kind not in expected:
        return False
    assert turn.answer in _WORDS.get(expected[turn.kind], {expected[turn.kind]}), (turn, one, two)
    return True


def test_what_is_said_of_two_digits_is_true(pairs: Pairs) -> None:
    checked = set()
    for seed in range(300):
        sample = pairs.train(np.random.default_rng(seed))
        if all(media.source == "known" for media in sample.media):
            checked |= {turn.kind for turn in sample.turns if _check_digits(sample, turn)}
    assert checked == {
        "sum", "difference", "same digit", "which is larger", "digit of", "spoken digit", "written digit"
    }  # fmt: skip


def test_what_is_said_of_two_sounds_is_true(pairs: Pairs) -> None:
    checked = set()
    for seed in range(300):
        sample = pairs.train(np.random.default_rng(seed))
        sounds = [media for media in sample.media if isinstance(media, AudioClip)]
        if len(sounds) < 2 or sounds[0].source not in {"tone", "beeps"}:
            continue
        first, second = ([*bursts(sound.samples, floor=0.35)] for sound in sounds)
        for turn in sample.turns:
            if turn.kind == "count":
                place = second if re.search("second|第二", turn.question) else first
                assert turn.answer == str(len(place))
            elif turn.kind == "which has more":
                more = "equal" if len(first) == len(second) else "first" if len(first) > len(second) else "second"
                assert turn.answer in _WORDS[more]
            elif turn.kind == "which is higher":
                apart = np.log2(pitch(second[0].samples) / pitch(first[0].samples))
                assert turn.answer in _WORDS["equal" if abs(apart) < 0.1 else "second" if apart > 0 else "first"]
            checked.add(turn.kind)
    assert {"count", "which has more", "which is higher", "second pitch"} <= checked


def _blobs(picture: Image) -> int:
    """How many connected patches differ from the plain ground."""
    left = np.abs(picture.pixels.astype(int) - picture.pixels[0, 0]).sum(axis=2) > 60
    count = 0
    while left.any():
        grown = np.zeros_like(left)
        grown[tuple(np.argwhere(left)[0])] = True
        while True:
            wider = grown.copy()
            wider[1:] |= grown[:-1]
            wider[:-1] |= grown[1:]
            wider[:, 1:] |= grown[:, :-1]
            wider[:, :-1] |= grown[:, 1:]
            wider &= left
            if (wider == grown).all():
                break
            grown = wider
        left &= ~grown
        count += grown.sum() > 3
    return count


def test_shapes_and_beeps_are_as_many_as_said(pairs: Pairs) -> None:
    checked = set()
    for seed in range(400):
        sample = pairs.train(np.random.default_rng(seed))
        if not any(media.source == "shapes" for media in sample.media):
            continue
        shapes = next(_blobs(media) for media in sample.media if isinstance(media, Image))
        beeps = next(len(bursts(media.samples, floor=0.35)) for media in sample.media if isinstance(media, AudioClip))
        expected = {
            "count beeps": str(beeps),
            "count shapes": str(shapes),
            "total": str(beeps + shapes),
            "as many": "yes" if beeps == shapes else "no",
        }
        for turn in sample.turns:
            if turn.kind in expected:
                assert turn.answer in _WORDS.get(expected[turn.kind], {expected[turn.kind]})
                checked.add(turn.kind)
    assert checked == {"count beeps", "count shapes", "total", "as many"}


def test_counted_things_come_in_the_number_asked_for_where_there_is_room() -> None:
    counts = set()
    for seed in range(30):
        draw = Draw(np.random.default_rng(seed), held_out=False)
        wanted = seed % 6 + 1
        assert len(bursts(beeping(draw, wanted).samples, floor=0.35)) == wanted
        picture, _, count = many_shapes(draw, wanted)
        assert count <= wanted
        assert _blobs(picture) == count
        counts.add(count)
    assert {1, 2, 3} <= counts


def test_media_come_in_either_order(pairs: Pairs) -> None:
    orders = set()
    for seed in range(100):
        orders.add(tuple(media.modality for media in pairs.train(np.random.default_rng(seed)).media))
    assert orders == {("image", "audio"), ("audio", "image"), ("image", "image"), ("audio", "audio")}


def test_validation_draws_from_the_held_out_part_and_is_numbered(pairs: Pairs) -> None:
    for index in range(pairs.validation_size):
        sample = pairs.validation(index)
        assert all(media.source != "known" for media in sample.media)
        assert sample.turns == pairs.validation(index).turns
        assert len(sample.turns) == 1
    trained = [pairs.train(np.random.default_rng(seed)) for seed in range(50)]
    assert all(media.source != "held out" for sample in trained for media in sample.media)
