"""Change real sounds and pictures at random, so that few speakers and few photographs go a long way.

Pure functions of (array, generator): the same generator state gives the same result, and the input is left alone.
Sounds are float32 [time] at 16 kHz, pictures uint8 [height, width, 3]. `augment_speech`, `augment_sound`,
`augment_glyph` and `augment_photo` are the mixtures that readers of real sets use; the single steps are public.

The voice is changed as bodies change it: pitch (vocal folds), formants (length of the vocal tract) and tempo, each by
its own factor, in a phase vocoder that stretches time and bends the spectral envelope, followed by resampling.
Tones and other material whose truth is a pitch must not go through `revoice`, nor digits through a flip.
"""

import math
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from sensorium.media.types import SAMPLE_RATE

Samples: TypeAlias = NDArray[np.float32]
Pixels: TypeAlias = NDArray[np.uint8]
Spectra: TypeAlias = NDArray[np.complexfloating]
Range: TypeAlias = tuple[float, float]

_FRAME, _HOP = 480, 160  # 30 ms frames, each sample in three of them
_BLUR = 4  # bins to either side that an envelope averages over, twice: wider than the harmonics of most voices
_MOST_BEND = 2.5  # largest change of a bin's log magnitude (natural units, 22 dB)
_RATIOS = (2 / 3, 3 / 4, 1.0, 4 / 3, 3 / 2)
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


# --- the mixtures


def augment_speech(samples: Samples, rng: np.random.Generator) -> Samples:
    """Another voice in another room: voice 85 %, echo 30 %, tone colour 60 %, noise 60 %, pauses, level."""
    if rng.random() < 0.85:
        formants = float(np.exp(rng.uniform(-0.17, 0.17)))  # 0.84 to 1.19: tall man to child
        pitch = formants * float(np.exp(rng.uniform(-0.2, 0.2)))  # 0.69 to 1.45: short bodies have high voices
        tempo = float(np.exp(rng.uniform(-0.22, 0.22)))  # 0.8 to 1.25
        samples = revoice(samples, pitch=pitch, formants=formants, tempo=tempo)
    if rng.random() < 0.6:
        samples = colour_tone(samples, rng)
    if rng.random() < 0.3:
        samples = add_echo(samples, rng)
    samples = pad_silence(samples, rng)
    if rng.random() < 0.6:
        samples = add_noise(samples, rng)
    return set_level(samples, rng)


def augment_sound(samples: Samples, rng: np.random.Generator) -> Samples:
    """The same source, recorded differently: turned in time, speed 70 %, tone colour 60 %, echo 15 %, noise 40 %."""
    samples = np.roll(samples, int(rng.integers(len(samples)))) if len(samples) else samples
    if rng.random() < 0.7:
        samples = change_speed(samples, rng)
    if rng.random() < 0.6:
        samples = colour_tone(samples, rng)
    if rng.random() < 0.15:
        samples = add_echo(samples, rng)
    if rng.random() < 0.4:
        samples = add_noise(samples, rng, decibels=(10.0, 40.0))
    return set_level(samples, rng)


def augment_glyph(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A written sign, never flipped: moved and turned by up to 14 degrees, sometimes recoloured or noisy."""
    pixels = move_picture(pixels, rng)
    if rng.random() < 0.5:
        pixels = recolour(pixels, rng, strength=0.3)
    if rng.random() < 0.3:
        pixels = add_grain(pixels, rng)
    return pixels


def augment_photo(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A photograph: cropped, flipped left-right half of the time, recoloured, 30 % turned, 25 % grainy, 25 % cut."""
    pixels = crop_picture(pixels, rng)
    if rng.random() < 0.5:
        pixels = np.ascontiguousarray(pixels[:, ::-1])
    if rng.random() < 0.3:
        pixels = move_picture(pixels, rng, shift=0.05, degrees=12.0, scale=(0.95, 1.15))
    if rng.random() < 0.8:
        pixels = recolour(pixels, rng)
    if rng.random() < 0.25:
        pixels = add_grain(pixels, rng)
    if rng.random() < 0.25:
        pixels = cut_out(pixels, rng)
    return pixels


def shrink(pixels: Pixels, rng: np.random.Generator, *, sides: tuple[int, ...]) -> Pixels:
    """Scale down to a longest side drawn from `sides`, proportions to the nearest of 2:3, 3:4, 1:1, 4:3 and 3:2.

    Users send all sizes; small ones cost less to learn from, and pictures of equal size are encoded together.
    """
    height, width = pixels.shape[:2]
    side = min(int(sides[int(rng.integers(len(sides)))]), max(height, width))
    ratio = min(_RATIOS, key=lambda ratio: abs(math.log(ratio * height / width)))
    size = round(side * min(1.0, ratio)), round(side * min(1.0, 1.0 / ratio))
    return np.array(PillowImage.fromarray(pixels).resize(size, PillowImage.Resampling.BICUBIC))


# --- sounds


def resample(samples: Samples, factor: float) -> Samples:
    """`samples` squeezed to 1 / `factor` of their length: all frequencies are multiplied by `factor`.

    Through the spectrum, so nothing folds back. The length is a multiple of 64 before and after the
    step (fast transforms), which moves the factor by up to 0.2 % for one second.
    """
    before = max(-(-len(samples) // 64), 1) * 64
    after = max(round(before / factor / 64), 1) * 64
    kept = min(before, after) // 2
    spectrum = np.zeros(after // 2 + 1, np.complex64)
    spectrum[:kept] = np.fft.rfft(samples, before)[:kept]
    squeezed = np.fft.irfft(spectrum, after)[: max(round(len(samples) / factor), 1)]
    return (squeezed * (after / before)).astype(np.float32)


def change_speed(samples: Samples, rng: np.random.Generator, speed: Range = (0.85, 1.18)) -> Samples:
    """Play faster or slower, as a tape does: tempo, pitch and formants move together."""
    return resample(samples, float(np.exp(rng.uniform(*np.log(speed)))))


def revoice(samples: Samples, *, pitch: float = 1.0, formants: float = 1.0, tempo: float = 1.0) -> Samples:
    """`samples` with pitch, formants and tempo multiplied, each independently of the others.

    Time is stretched by pitch / tempo in a phase vocoder whose envelope is bent by formants / pitch; resampling by
    `pitch` then brings all three to where they should be.
    """
    stretch = pitch / tempo
    padded = np.pad(samples, (_FRAME + _HOP, 2 * _FRAME))
    starts = np.arange(_HOP, len(samples) + _FRAME + _HOP, _HOP / stretch).round().astype(np.int64)
    frames = starts[:, None] + np.arange(_FRAME)  # [frames, time]
    now = np.fft.rfft(padded[frames] * _window())  # [frames, bins]
    earlier = np.fft.rfft(padded[frames - _HOP] * _window())  # one output hop before: how far each bin turns
    size = np.abs(now)
    spectrum = size * np.exp(_bend(size, formants / pitch)) * _phases(now, earlier)
    pieces = (np.fft.irfft(spectrum, _FRAME) * _window()).reshape(len(now), -1, _HOP)
    overlapped = np.zeros((len(now) + _FRAME // _HOP - 1, _HOP), np.float32)
    for place in range(_FRAME // _HOP):
        overlapped[place : place + len(now)] += pieces[:, place]
    lead = round(_FRAME * stretch)  # the padding in front of the first sample, stretched
    stretched = overlapped.reshape(-1)[lead : lead + round(len(samples) * stretch)] / 1.125  # the windows' sum
    return resample(stretched, pitch)


def add_noise(samples: Samples, rng: np.random.Generator, decibels: Range = (5.0, 40.0)) -> Samples:
    """Add steady noise, white to brown, at a random ratio of signal to noise."""
    bins = len(samples) // 2 + 1
    slope = np.arange(1, bins + 1, dtype=np.float32) ** -float(rng.uniform(0.0, 1.0))
    draws = rng.standard_normal((2, bins), np.float32) * slope
    noise = np.fft.irfft(draws[0] + 1j * draws[1], len(samples)) if len(samples) > 1 else np.zeros(len(samples))
    wanted = _loudness(samples) * 10.0 ** (-rng.uniform(*decibels) / 20.0)
    return (samples + noise * (wanted / max(_loudness(noise), 1e-9))).astype(np.float32)


def colour_tone(samples: Samples, rng: np.random.Generator, decibels: float = 8.0) -> Samples:
    """Another microphone: up to `decibels` up or down along the spectrum, and half of the time the ends cut."""
    hertz = np.fft.rfftfreq(max(len(samples), 2), 1.0 / SAMPLE_RATE)
    knots = np.array([50, 150, 400, 1000, 2500, 5000, 8000], np.float64)
    curve = np.interp(np.log(hertz + 1.0), np.log(knots), rng.uniform(-decibels, decibels, len(knots)) / 2)
    curve += np.linspace(-1.0, 1.0, len(curve)) * rng.uniform(-decibels, decibels) / 2
    if rng.random() < 0.5:
        low, high = rng.uniform(40.0, 320.0), rng.uniform(3200.0, 7800.0)  # the narrowest is a telephone
        curve -= 24.0 * np.log2(np.maximum(low / (hertz + 1.0), 1.0)) + 24.0 * np.log2(np.maximum(hertz / high, 1.0))
    response = (10.0 ** (np.maximum(curve, -60.0) / 20.0)).astype(np.float32)
    return np.fft.irfft(np.fft.rfft(samples, max(len(samples), 2)) * response)[: len(samples)].astype(np.float32)


def add_echo(samples: Samples, rng: np.random.Generator, seconds: Range = (0.08, 0.45)) -> Samples:
    """A simple room: noise that dies away by 60 dB in `seconds`, 3 to 18 dB below the direct sound. Same length."""
    decay = rng.uniform(*seconds)
    count = round(decay * SAMPLE_RATE)
    room = rng.standard_normal(count, np.float32) * np.exp(np.linspace(0.0, -6.9, count, dtype=np.float32))
    room[: round(rng.uniform(0.002, 0.012) * SAMPLE_RATE)] = 0.0  # the nearest wall is a metre or two away
    room *= 10.0 ** (-rng.uniform(3.0, 18.0) / 20.0) / max(float(np.linalg.norm(room)), 1e-9)
    room[0] = 1.0
    length = -(-(len(samples) + count) // 256) * 256
    wet = np.fft.irfft(np.fft.rfft(samples, length) * np.fft.rfft(room, length), length)
    return wet[: len(samples)].astype(np.float32)


def pad_silence(samples: Samples, rng: np.random.Generator, most: float = 0.25) -> Samples:
    """Up to `most` seconds of silence before, and again after: the place in time is free."""
    before, after = rng.integers(0, round(most * SAMPLE_RATE) + 1, 2)
    return np.pad(samples, (int(before), int(after)))


def set_level(samples: Samples, rng: np.random.Generator, decibels: Range = (-22.0, -0.5)) -> Samples:
    """Scale so that the peak lies `decibels` below full scale; silence stays silence."""
    peak = float(np.abs(samples).max(initial=0.0))
    wanted = 10.0 ** (rng.uniform(*decibels) / 20.0)
    return (samples * (wanted / peak if peak > 1e-6 else 1.0)).astype(np.float32)


def _loudness(samples: NDArray[np.floating]) -> float:
    return math.sqrt(float(np.mean(np.square(samples)))) if len(samples) else 0.0


@cache
def _window() -> Samples:
    return np.hanning(_FRAME + 1)[:-1].astype(np.float32)


def _phases(now: Spectra, earlier: Spectra) -> Spectra:
    """Unit phases [frames, bins] that turn as the sound does, and are its own in the loudest frame."""
    turn = now * earlier.conj()
    size = np.abs(turn)
    turn = np.where(size > 1e-12, turn / np.maximum(size, 1e-12), np.complex64(1.0))
    turned = np.cumprod(turn, axis=0)
    loudest = int(np.argmax(np.square(np.abs(now)).sum(axis=1)))
    own = now[loudest] / np.maximum(np.abs(now[loudest]), 1e-12)
    phases: Spectra = turned * (turned[loudest].conj() * own)
    return phases


def _bend(size: Samples, ratio: float) -> Samples:
    """Log gains [frames, bins] that move the envelope of `size` up in frequency by `ratio`."""
    envelope = _smooth(_smooth(np.log(size + 1e-4 * float(size.max(initial=0.0)) + 1e-9)))
    last = size.shape[1] - 1
    places = np.minimum(np.arange(last + 1) / ratio, last)
    below = places.astype(np.int64)
    share = (places - below).astype(np.float32)
    moved = envelope[:, below] * (1.0 - share) + envelope[:, np.minimum(below + 1, last)] * share
    gains: Samples = np.clip(moved - envelope, -_MOST_BEND, _MOST_BEND)
    return gains


def _smooth(rows: Samples) -> Samples:
    """The mean of each value and `_BLUR` neighbours on either side, along the second axis."""
    sums = np.cumsum(np.pad(rows, ((0, 0), (_BLUR + 1, _BLUR)), mode="edge"), axis=1)
    width = 2 * _BLUR + 1
    means: Samples = ((sums[:, width:] - sums[:, :-width]) / width).astype(np.float32, copy=False)
    return means


# --- pictures


def move_picture(
    pixels: Pixels,
    rng: np.random.Generator,
    *,
    shift: float = 0.08,
    degrees: float = 14.0,
    scale: Range = (0.85, 1.15),
) -> Pixels:
    """Shift by up to `shift` of the size, turn by up to `degrees`, scale; new corners take the border's mean colour."""
    height, width = pixels.shape[:2]
    angle, factor = math.radians(rng.uniform(-degrees, degrees)), rng.uniform(*scale)
    cos, sin = math.cos(angle) / factor, math.sin(angle) / factor
    right, down = rng.uniform(-shift, shift, 2) * (width, height)
    x, y = width / 2, height / 2
    inverse = (cos, sin, x - cos * (x + right) - sin * (y + down), -sin, cos, y + sin * (x + right) - cos * (y + down))
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).mean(axis=0).astype(int)
    moved = PillowImage.fromarray(pixels).transform(
        (width, height),
        PillowImage.Transform.AFFINE,
        inverse,
        PillowImage.Resampling.BILINEAR,
        fillcolor=(int(border[0]), int(border[1]), int(border[2])),
    )
    return np.array(moved)


def crop_picture(pixels: Pixels, rng: np.random.Generator, area: Range = (0.55, 1.0)) -> Pixels:
    """A random piece with `area` of the picture and 3:4 to 4:3 of its proportions, at the full size again."""
    height, width = pixels.shape[:2]
    share, shape = math.sqrt(rng.uniform(*area)), math.exp(rng.uniform(-0.14, 0.14))
    wide, high = width * min(share * shape, 1.0), height * min(share / shape, 1.0)
    left, top = rng.uniform(0.0, 1.0, 2) * (width - wide, height - high)
    box = (float(left), float(top), float(left + wide), float(top + high))
    return np.array(PillowImage.fromarray(pixels).resize((width, height), PillowImage.Resampling.BILINEAR, box=box))


def recolour(pixels: Pixels, rng: np.random.Generator, strength: float = 0.4) -> Pixels:
    """Brightness (half of `strength`), contrast and saturation changed by up to `strength`, in one colour matrix."""
    light, contrast, saturation = 1.0 + rng.uniform(-strength, strength, 3) * (0.5, 1.0, 1.0)
    matrix = (saturation * np.eye(3) + (1.0 - saturation) * _GREY).astype(np.float32) * np.float32(contrast * light)
    mean = float(pixels.mean()) * light
    changed = pixels.reshape(-1, 3).astype(np.float32) @ matrix.T + np.float32(mean * (1.0 - contrast) + 0.5)
    clipped: Pixels = np.clip(changed, 0, 255).astype(np.uint8).reshape(pixels.shape)
    return clipped


def add_grain(pixels: Pixels, rng: np.random.Generator, most: int = 20) -> Pixels:
    """Independent noise on every value, at most `most` of 255 up or down (the bound itself is drawn)."""
    bound = int(rng.integers(3, most + 1))
    noise = rng.integers(-bound, bound + 1, pixels.shape, dtype=np.int16)
    noisy: Pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    return noisy


def cut_out(pixels: Pixels, rng: np.random.Generator, share: float = 0.35) -> Pixels:
    """Cover one rectangle, each side up to `share` of the picture's, with a plain random colour."""
    height, width = pixels.shape[:2]
    high, wide = (max(int(rng.uniform(0.1, share) * side), 1) for side in (height, width))
    top, left = rng.integers(0, height - high + 1), rng.integers(0, width - wide + 1)
    covered = pixels.copy()
    covered[top : top + high, left : left + wide] = rng.integers(0, 256, 3, dtype=np.uint8)
    return covered
