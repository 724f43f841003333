"""The file formats: what is read is what was written, and what is broken is named."""

import gzip
import io
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from sensorium.core.errors import UnreadableMedia
from sensorium.data.readers.files import (
    as_clip,
    as_image,
    decode_picture,
    decode_sound,
    decode_wav,
    read_archive,
    read_idx,
    read_lines,
)


def test_idx_keeps_shape_and_values(sets: Path) -> None:
    pictures = read_idx(sets / "mnist" / "train-images-idx3-ubyte.gz")
    assert pictures.shape == (40, 28, 28)
    assert pictures[7, 3, 3] == 35


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no gzip", "expected a gzip IDX file"),
        (gzip.compress(b"\x00\x00\x0d\x01rest"), "expected an IDX file of bytes"),
        (gzip.compress(b"\x00\x00\x08\x01\x00\x00\x00\x05abc"), r"3 values; its header says \(5,\)"),
        (gzip.compress(b"\x00\x00\x08\x01\x00\x00\x00\x03abc")[:-4], "expected a gzip IDX file"),
    ],
)
def test_a_broken_idx_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "labels.gz"
    path.write_bytes(content)
    with pytest.raises(UnreadableMedia, match=message):
        read_idx(path)


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    for name in ("set.tar", "set.zip"):
        (tmp_path / name).write_bytes(b"neither")
        with pytest.raises(UnreadableMedia, match=f"{name}: .*expected a whole tar or zip"):
            list(read_archive(tmp_path / name, ""))


def test_broken_lines_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n\n{"b"', encoding="utf-8")
    with pytest.raises(UnreadableMedia, match="expected one JSON object a line"):
        read_lines(tmp_path / "a.jsonl")


def test_pictures_shrink_to_the_area_and_stand_on_white() -> None:
    content = io.BytesIO()
    Pillow.new("RGBA", (400, 100), (0, 0, 0, 0)).save(content, "PNG")
    pixels = decode_picture(content.getvalue(), "a.png", most_pixels=10_000)
    assert pixels.shape == (50, 200, 3)
    assert pixels.min() == 255


def test_broken_media_are_named() -> None:
    with pytest.raises(UnreadableMedia, match=r"a.jpg: .*expected a picture"):
        decode_picture(b"no picture", "a.jpg")
    with pytest.raises(UnreadableMedia, match=r"a.flac: .*expected a sound"):
        decode_sound(b"no sound at all", "a.flac")
    with pytest.raises(UnreadableMedia, match=r"a.wav: .*expected a WAV file"):
        decode_wav(b"no sound at all", "a.wav")


def _wav(samples: np.ndarray, channels: int = 1) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(samples.astype("<i2").tobytes())
    return content.getvalue()


def test_both_decoders_double_8_khz_and_keep_the_tone() -> None:
    tone = 8000 * np.sin(2 * np.pi * 440 * np.arange(3200) / 8000)
    for decode in (decode_wav, decode_sound):
        samples = decode(_wav(tone), "tone.wav")
        assert abs(len(samples) - 6400) <= 64
        spectrum = np.abs(np.fft.rfft(samples[:6400]))
        assert np.argmax(spectrum) == 176  # 440 Hz in bins of 2.5
        assert spectrum[1700:].max() < 0.01 * spectrum.max()  # nothing above 4.25 kHz: no mirror image


def test_only_mono_wavs_are_taken() -> None:
    with pytest.raises(UnreadableMedia, match="2 channels of 16 bits; expected one of 16"):
        decode_wav(_wav(np.zeros(64), channels=2), "a.wav")


def test_carriers() -> None:
    image = as_image(np.full((2, 3), 9, np.uint8), "set")
    assert image.pixels.shape == (2, 3, 3)
    clip = as_clip(np.array([-32768, 16384], np.int16), "set")
    assert clip.samples.tolist() == [-1.0, 0.5]
