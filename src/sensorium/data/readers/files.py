"""The file formats of the sets: IDX, tar, zip, CSV and JSON lines, and the pictures and sounds inside them.

Everything is decoded once into small integer arrays, so that drawing a training sample only slices them.
"""

import csv
import gzip
import io
import json
import tarfile
import wave
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from sensorium.core.errors import UnreadableMedia
from sensorium.data.augment import resample
from sensorium.media.types import SAMPLE_RATE, AudioClip, Image, on_white


def existing(path: Path) -> Path:
    """Return `path`. Raises: UnreadableMedia when there is no such file."""
    if not path.is_file():
        raise UnreadableMedia(
            f"{path}: no such file, but the data set needs it. Set data_root in the recipe to the folder of the sets."
        )
    return path


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read a gzip IDX file of bytes: images [N, height, width] or labels [N]. Raises: UnreadableMedia."""
    try:
        raw = gzip.decompress(existing(path).read_bytes())
    except (OSError, EOFError) as error:
        raise UnreadableMedia(f"{path}: {error}; expected a gzip IDX file. Fetch the file again.") from error
    if len(raw) < 4 or raw[:3] != b"\x00\x00\x08":
        raise UnreadableMedia(f"{path}: starts with {raw[:4]!r}; expected an IDX file of bytes. Fetch the file again.")
    rank = raw[3]
    shape = tuple(int(size) for size in np.frombuffer(raw, ">u4", count=rank, offset=4))
    content = np.frombuffer(raw, np.uint8, offset=4 + 4 * rank)
    if content.size != np.prod(shape):
        raise UnreadableMedia(f"{path}: {content.size} values; its header says {shape}. Fetch the file again.")
    return content.reshape(shape)


def read_archive(path: Path, ending: str) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of each member of a tar (packed or not) or zip whose name ends so, in archive order."""
    existing(path)
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as packed:
                for name in packed.namelist():
                    if name.endswith(ending):
                        yield name, packed.read(name)
            return
        with tarfile.open(path) as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.name.endswith(ending) else None
                if stream is not None:
                    yield member.name, stream.read()
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        cause = str(error).partition("\n")[0]  # tarfile lists what it tried, a line each
        raise UnreadableMedia(f"{path}: {cause}; expected a whole tar or zip. Fetch the file again.") from error


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a CSV file with a header line."""
    with existing(path).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON lines, one object each. Raises: UnreadableMedia."""
    try:
        return [json.loads(line) for line in existing(path).read_text(encoding="utf-8").splitlines() if line.strip()]
    except json.JSONDecodeError as error:
        raise UnreadableMedia(f"{path}: {error}; expected one JSON object a line. Fetch the file again.") from error


def decode_picture(content: bytes, name: str, *, most_pixels: int | None = None) -> NDArray[np.uint8]:
    """Decode to RGB uint8 [height, width, 3], shrunk to at most so many pixels. Raises: UnreadableMedia."""
    try:
        with Pillow.open(io.BytesIO(content)) as opened:
            picture = Pillow.fromarray(on_white(np.asarray(opened.convert("RGBA"))))
    except (OSError, Pillow.DecompressionBombError) as error:
        raise UnreadableMedia(f"{name}: {error}; expected a picture. Fetch the data set again.") from error
    if most_pixels is not None and picture.width * picture.height > most_pixels:
        scale = (most_pixels / (picture.width * picture.height)) ** 0.5
        size = max(1, int(picture.width * scale)), max(1, int(picture.height * scale))
        picture = picture.resize(size, Pillow.Resampling.LANCZOS)
    return np.asarray(picture, np.uint8)


def decode_sound(content: bytes, name: str) -> NDArray[np.int16]:
    """Decode to 16 kHz mono int16 [time], resampled with a low-pass filter. Raises: UnreadableMedia."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    pieces: list[NDArray[np.int16]] = []
    try:
        with av.open(io.BytesIO(content), "r") as container:
            for frame in container.decode(audio=0):
                pieces.extend(np.asarray(out.to_ndarray()[0], np.int16) for out in resampler.resample(frame))
        pieces.extend(np.asarray(out.to_ndarray()[0], np.int16) for out in resampler.resample(None))
    except (av.FFmpegError, IndexError) as error:
        raise UnreadableMedia(f"{name}: {error}; expected a sound. Fetch the data set again.") from error
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


def decode_wav(content: bytes, name: str) -> NDArray[np.int16]:
    """Decode a 16-bit mono WAV to 16 kHz int16 [time]: many short files, faster than through FFmpeg.

    Raises: UnreadableMedia for anything else than such a WAV.
    """
    try:
        with wave.open(io.BytesIO(content)) as opened:
            channels, width, rate = opened.getnchannels(), opened.getsampwidth(), opened.getframerate()
            raw = opened.readframes(opened.getnframes())
    except (wave.Error, EOFError) as error:
        raise UnreadableMedia(f"{name}: {error}; expected a WAV file. Fetch the data set again.") from error
    if (channels, width) != (1, 2):
        raise UnreadableMedia(
            f"{name}: {channels} channels of {8 * width} bits; expected one of 16. Fetch the data set again."
        )
    samples = resample(np.frombuffer(raw, "<i2").astype(np.float32), rate / SAMPLE_RATE)
    return np.clip(samples.round(), -32768, 32767).astype(np.int16)


def as_image(pixels: NDArray[np.uint8], source: str) -> Image:
    """Carry grey [height, width] or RGB [height, width, 3] pixels as an `Image`."""
    rgb = np.repeat(pixels[:, :, None], 3, axis=2) if pixels.ndim == 2 else pixels  # [height, width, 3]
    return Image(rgb, source=source)


def as_clip(samples: NDArray[np.int16], source: str) -> AudioClip:
    """Carry int16 samples [time] as an `AudioClip`."""
    return AudioClip(samples.astype(np.float32) / 32768.0, source=source)
