"""Augmentation: each step changes what it names, leaves the rest and its input alone, and repeats itself."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sensorium.data import augment
from sensorium.media.types import SAMPLE_RATE

SOUND_STEPS = [
    augment.augment_speech,
    augment.augment_sound,
    augment.change_speed,
    augment.add_noise,
    augment.colour_tone,
    augment.add_echo,
    augment.pad_silence,
    augment.set_level,
]
PICTURE_STEPS = [
    augment.augment_glyph,
    augment.augment_photo,
    augment.move_picture,
    augment.crop_picture,
    augment.recolour,
    augment.add_grain,
    augment.cut_out,
]


def _vowel(pitch: float = 120.0, formant: float = 700.0, seconds: float = 1.0) -> NDArray[np.float32]:
    """Harmonics of `pitch` under one resonance."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    numbers = np.arange(1, int(7000 / pitch))[:, None]
    weights = np.exp(-(((numbers * pitch - formant) / 350.0) ** 2))
    total = (weights * np.sin(2 * np.pi * pitch * numbers * time)).sum(axis=0)
    return (0.5 * total / np.abs(total).max()).astype(np.float32)


def _pitch(samples: NDArray[np.float32]) -> float:
    """Hertz, by the strongest lag of the autocorrelation."""
    echo = np.fft.irfft(np.abs(np.fft.rfft(samples, 2 * len(samples))) ** 2)
    return SAMPLE_RATE / (int(np.argmax(echo[60:300])) + 60)


def _formant(samples: NDArray[np.float32]) -> float:
    """Hertz of the middle of the power spectrum."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    return float((power * np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)).sum() / power.sum())


@pytest.mark.parametrize(
    ("pitch", "formants", "tempo"),
    [
        (1.0, 1.0, 1.0),
        (1.3, 1.0, 1.0),
        (0.8, 1.0, 1.0),
        (1.0, 1.15, 1.0),
        (1.0, 0.87, 1.0),
        (1.0, 1.0, 0.8),
        (1.2, 0.9, 1.2),
    ],
)
def test_revoice_moves_pitch_formants_and_tempo_each_alone(pitch: float, formants: float, tempo: float) -> None:
    voice = augment.revoice(_vowel(), pitch=pitch, formants=formants, tempo=tempo)
    middle = voice[1500:-1500]
    assert _pitch(middle) == pytest.approx(120.0 * pitch, rel=0.03)
    assert _formant(middle) == pytest.approx(700.0 * formants, rel=0.08)
    assert len(voice) == pytest.approx(SAMPLE_RATE / tempo, rel=0.01)
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(np.sqrt(np.mean(_vowel() ** 2)), rel=0.35)


def test_revoice_keeps_the_sound_where_it_was() -> None:
    sound = np.zeros(SAMPLE_RATE, np.float32)
    sound[8000:10000] = _vowel(seconds=0.125)
    for tempo in (1.0, 0.8, 1.25):
        moved = augment.revoice(sound, pitch=1.1, tempo=tempo)
        centre = (np.arange(len(moved)) * moved**2).sum() / (moved**2).sum()
        assert centre == pytest.approx(9000 / tempo, abs=300)


def test_revoice_by_nothing_changes_nothing() -> None:
    np.testing.assert_allclose(augment.revoice(_vowel())[600:-600], _vowel()[600:-600], atol=0.01)


@pytest.mark.parametrize("factor", [0.85, 1.0, 1.18])
def test_resample_multiplies_frequencies_and_folds_nothing_back(factor: float) -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    squeezed = augment.resample(tone, factor)
    assert len(squeezed) == pytest.approx(SAMPLE_RATE / factor, rel=0.002)
    assert _formant(squeezed[500:-500]) == pytest.approx(1000 * factor, rel=0.01)
    high = np.sin(2 * np.pi * 7600 * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    if factor > 1.06:  # above the highest frequency there is: gone
        assert np.abs(augment.resample(high, factor)[500:-500]).max() < 0.05


def test_noise_has_the_ratio_asked_for() -> None:
    sound = _vowel()
    for seed in range(10):
        noisy = augment.add_noise(sound, np.random.default_rng(seed), decibels=(12.0, 12.0))
        ratio = 10 * np.log10(np.mean(sound**2) / np.mean((noisy - sound) ** 2))
        assert ratio == pytest.approx(12.0, abs=0.3)


def test_tone_colour_stays_within_its_bounds_in_the_middle() -> None:
    click = np.zeros(SAMPLE_RATE, np.float32)
    click[0] = 1.0
    for seed in range(20):
        response = np.abs(np.fft.rfft(augment.colour_tone(click, np.random.default_rng(seed), decibels=8.0)))
        middle = 20 * np.log10(response[400:3100])
        assert middle.max() <= 8.5
        assert middle.min() >= -8.5


def test_echo_comes_after_the_sound_and_dies_away() -> None:
    click = np.zeros(SAMPLE_RATE, np.float32)
    click[4000] = 1.0
    wet = augment.add_echo(click, np.random.default_rng(0))
    assert np.abs(wet[:4000]).max() < 1e-5
    assert wet[4000] == pytest.approx(1.0, abs=1e-4)
    assert 0.05 < np.linalg.norm(wet[4001:]) < 0.75
    assert np.abs(wet[4000 + 7300 :]).max() < 1e-4


def test_levels_and_pauses_lie_in_their_ranges() -> None:
    peaks = [float(np.abs(augment.set_level(_vowel(), np.random.default_rng(seed))).max()) for seed in range(50)]
    assert min(peaks) > 0.07
    assert max(peaks) < 0.95
    assert max(peaks) / min(peaks) > 3
    padded = augment.pad_silence(_vowel(), np.random.default_rng(0), most=0.25)
    assert SAMPLE_RATE <= len(padded) <= 1.5 * SAMPLE_RATE


@pytest.mark.parametrize("step", SOUND_STEPS)
def test_sound_steps_are_pure_and_repeatable(step: Callable[..., NDArray[np.float32]]) -> None:
    sound = _vowel()
    before = sound.copy()
    one, two = (step(sound, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(sound, before)
    assert one.dtype == np.float32
    assert np.isfinite(one).all()


@pytest.mark.parametrize("length", [0, 1, 7, 500])
@pytest.mark.parametrize("step", SOUND_STEPS)
def test_sound_steps_take_short_and_silent_sounds(step: Callable[..., NDArray[np.float32]], length: int) -> None:
    for seed in range(5):
        changed = step(np.zeros(length, np.float32), np.random.default_rng(seed))
        assert np.isfinite(changed).all()
        assert np.abs(changed).max(initial=0.0) < 1e-6


@pytest.mark.parametrize("step", [augment.augment_speech, augment.augment_sound])
def test_mixtures_of_sound_stay_in_range(step: Callable[..., NDArray[np.float32]]) -> None:
    for seed in range(20):
        assert np.abs(step(_vowel(), np.random.default_rng(seed))).max() <= 1.0


@pytest.mark.parametrize("size", [(28, 28), (40, 96)])
@pytest.mark.parametrize("step", PICTURE_STEPS)
def test_picture_steps_are_pure_and_repeatable(step: Callable[..., NDArray[np.uint8]], size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    before = picture.copy()
    for seed in range(8):
        one, two = (step(picture, np.random.default_rng(seed)) for _ in range(2))
        np.testing.assert_array_equal(one, two)
        assert one.shape == picture.shape
        assert one.dtype == np.uint8
    np.testing.assert_array_equal(picture, before)


def _corner_dot() -> NDArray[np.uint8]:
    """A white dot up left on black."""
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[16:24, 12:20] = 255
    return picture


def _centre(picture: NDArray[np.uint8]) -> Any:
    weights = picture.astype(float).sum(axis=2)
    return (np.argwhere(np.ones_like(weights)) * weights.reshape(-1, 1)).sum(axis=0) / weights.sum()


def test_glyphs_are_moved_a_little_and_never_flipped() -> None:
    places = np.array([_centre(augment.move_picture(_corner_dot(), np.random.default_rng(seed))) for seed in range(50)])
    assert np.ptp(places, axis=0).min() > 5
    assert places.max() < 32
    for seed in range(50):
        assert _centre(augment.augment_glyph(_corner_dot(), np.random.default_rng(seed)))[1] < 34


def test_photos_are_flipped_half_of_the_time() -> None:
    right = [_centre(augment.augment_photo(_corner_dot(), np.random.default_rng(seed)))[1] > 32 for seed in range(100)]
    assert 30 < sum(right) < 70


def test_new_corners_take_the_colour_of_the_border() -> None:
    picture = np.full((32, 32, 3), (200, 30, 90), np.uint8)
    for seed in range(10):
        np.testing.assert_array_equal(augment.move_picture(picture, np.random.default_rng(seed)), picture)


def test_colours_change_but_grey_stays_grey() -> None:
    grey = np.full((8, 8, 3), 120, np.uint8)
    changed = [augment.recolour(grey, np.random.default_rng(seed)) for seed in range(20)]
    assert all(np.ptp(picture.astype(int), axis=2).max() <= 1 for picture in changed)
    assert np.ptp([picture.mean() for picture in changed]) > 20


def test_grain_stays_within_its_bound_and_cuts_within_their_share() -> None:
    grey = np.full((40, 40, 3), 120, np.uint8)
    for seed in range(20):
        grainy = augment.add_grain(grey, np.random.default_rng(seed), most=9)
        assert 0 < np.abs(grainy.astype(int) - 120).max() <= 9
        hole = (augment.cut_out(grey, np.random.default_rng(seed), share=0.3) != grey).any(axis=2)
        assert hole.any(axis=0).sum() <= 12
        assert hole.any(axis=1).sum() <= 12


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((128, 128), {(48, 48), (64, 64)}),
        ((120, 128), {(48, 48), (64, 64)}),
        ((96, 128), {(36, 48), (48, 64)}),
        ((80, 128), {(32, 48), (43, 64)}),
        ((128, 90), {(48, 32), (64, 43)}),
        ((400, 40), {(48, 32), (64, 43)}),  # beyond all proportions: the nearest
        ((20, 30), {(20, 30)}),  # never enlarged
        ((50, 52), {(48, 48), (52, 52)}),
    ],
)
def test_shrinking_gives_few_sizes_and_never_enlarges(size: tuple[int, int], expected: set[tuple[int, int]]) -> None:
    picture = np.full((*size, 3), 90, np.uint8)
    rng = np.random.default_rng(0)
    assert {augment.shrink(picture, rng, sides=(48, 64)).shape[:2] for _ in range(20)} == expected


def test_shrinking_leaves_everything_in_its_place() -> None:
    small = augment.shrink(_corner_dot(), np.random.default_rng(0), sides=(32,))
    assert small.shape == (32, 32, 3)
    assert _centre(small) == pytest.approx(_centre(_corner_dot()) / 2, abs=0.5)
