"""The formulas: pitch, glides, harmonics, edges, places."""

import numpy as np
import pytest
from tests.data.synthetic.listening import pitch

from sensorium.data.synthetic import waves
from sensorium.data.synthetic.waves import Note


@pytest.mark.parametrize("waveform", waves.WAVEFORMS)
@pytest.mark.parametrize("hertz", [110.0, 440.0, 1900.0])
def test_a_note_has_its_pitch_length_and_peak(waveform: waves.Waveform, hertz: float) -> None:
    sound = waves.play(Note(hertz, 0.5, waveform))
    assert sound.dtype == np.float32
    assert len(sound) == 8000
    assert pitch(sound) == pytest.approx(hertz, rel=0.01)
    assert np.abs(sound).max() == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize(("waveform", "third"), [("square", 1 / 3), ("triangle", 1 / 9), ("sine", 0.0)])
def test_harmonics_are_those_of_the_waveform(waveform: waves.Waveform, third: float) -> None:
    size = np.abs(np.fft.rfft(waves.play(Note(400.0, 1.0, waveform))))
    assert size[1200] / size[400] == pytest.approx(third, abs=0.01)
    assert size[800] / size[400] == pytest.approx(0.0, abs=0.01)


def test_nothing_folds_back() -> None:
    sound = waves.play(Note(1030.0, 1.0, "sawtooth"))
    size = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    harmonics = np.zeros_like(size, dtype=bool)
    for harmonic in range(1, 8):
        harmonics[1030 * harmonic - 40 : 1030 * harmonic + 41] = True
    assert size[~harmonics].sum() < 1e-3 * size.sum()


def test_a_glide_starts_and_ends_where_it_should() -> None:
    sound = waves.play(Note(200.0, 1.0, to_hertz=1600.0))
    assert pitch(sound[:1000]) == pytest.approx(210.0, rel=0.12)
    assert pitch(sound[-1000:]) == pytest.approx(1500.0, rel=0.12)


def test_loudness_glides() -> None:
    sound = np.abs(waves.play(Note(500.0, 1.0, loudness=0.1, to_loudness=1.0)))
    assert sound[200:1000].max() < 0.13
    assert sound[-1500:].max() > 0.85


def test_pieces_are_placed_to_the_sample_and_cut_at_the_end() -> None:
    whole = waves.place([(0.25, np.ones(100, np.float32)), (0.499, np.ones(100, np.float32))], 0.5)
    assert len(whole) == 8000
    np.testing.assert_array_equal(np.flatnonzero(whole), [*range(4000, 4100), *range(7984, 8000)])
