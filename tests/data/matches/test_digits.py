"""Digits that are written, spoken and filmed."""

from typing import Any, cast

import numpy as np

from sensorium.data.matches.digits import MovingDigits, WrittenAndSpoken, crossing
from sensorium.media.types import AudioClip, Image, VideoClip


class Written:
    """Plain pictures, as bright as their digit says."""

    def digit_image(self, rng: np.random.Generator, digit: int, validation: bool) -> Image:
        pixels = np.zeros((28, 28, 3), np.uint8)
        pixels[8:20, 8:20] = 100 + digit + 100 * validation
        return Image(pixels)


class Spoken:
    """Silence of a length that says the digit."""

    def spoken_digit(self, rng: np.random.Generator, digit: int, validation: bool) -> AudioClip:
        return AudioClip(np.zeros(100 + digit + 100 * validation, np.float32))


def test_media_and_words_are_of_one_digit() -> None:
    source = WrittenAndSpoken(cast("Any", Written()), cast("Any", Spoken()))
    draw, rng = source.draw(np.random.default_rng(0)), np.random.default_rng(1)
    for match in [*(draw(rng) for _ in range(20)), source.held_out(3)]:
        picture, sound = match.media
        assert isinstance(picture, Image)
        assert isinstance(sound, AudioClip)
        assert len(sound.samples) % 100 == picture.pixels.max() % 100 == int(match.key)


def test_beside_a_film_are_pictures_or_recordings_and_both_where_held_out() -> None:
    source = MovingDigits(cast("Any", Written()), cast("Any", Spoken()))
    kinds = {
        tuple(medium.modality for medium in source.draw(np.random.default_rng(seed))(np.random.default_rng(0)).media)
        for seed in range(8)
    }
    assert kinds == {("video", "image"), ("video", "audio")}
    assert [medium.modality for medium in source.held_out(4).media] == ["video", "image", "audio"]


def test_a_digit_goes_straight_from_place_to_place() -> None:
    film = crossing(np.random.default_rng(2), Written().digit_image(np.random.default_rng(0), 7, False))
    assert isinstance(film, VideoClip)
    assert film.frames.shape == (8, 64, 64, 3)
    middles = [np.argwhere(frame[:, :, 0] > 50).mean(axis=0) for frame in film.frames]
    steps = np.diff(middles, axis=0)
    assert np.abs(steps).max() > 1
    assert np.ptp(steps, axis=0).max() <= 1.0
