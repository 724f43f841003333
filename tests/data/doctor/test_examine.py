"""One medium: there, whole, read; and pictures that look alike have like hashes."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from tests.data.pictures import picture, scene

from sensorium.data.doctor.examine import Exam, examine, look_of
from sensorium.data.records.record import Kind, Reference
from sensorium.media.encode import encode_audio
from sensorium.media.limits import Limits
from sensorium.media.types import AudioClip
from sensorium.models.samples import FOLDER


def exam(data: bytes, tmp_path: Path, *, thorough: bool = False) -> Kind | None:
    (tmp_path / "a").write_bytes(data)
    fault = examine(Reference(str(tmp_path / "a"), "image"), Exam(thorough=thorough)).fault
    return fault.kind if fault else None


@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_whole_and_cut_pictures(tmp_path: Path, kind: str, thorough: bool) -> None:
    data = scene(1, kind=kind)
    assert exam(data, tmp_path, thorough=thorough) is None
    assert exam(data + b"\0", tmp_path, thorough=thorough) is None  # as some cameras leave them
    assert exam(data[: len(data) // 2], tmp_path, thorough=thorough) == "corrupt"
    assert exam(data[:-300], tmp_path, thorough=thorough) == "corrupt"


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "BMP"])
def test_other_formats(tmp_path: Path, kind: str) -> None:
    target = io.BytesIO()
    Pillow.open(io.BytesIO(scene(1))).save(target, kind)
    assert exam(target.getvalue(), tmp_path) is None
    assert exam(target.getvalue()[:-400], tmp_path) == "corrupt"


def test_what_only_decoding_finds(tmp_path: Path) -> None:
    data = bytearray(scene(1))
    data[len(data) // 2] ^= 0xFF
    assert exam(bytes(data), tmp_path) is None
    assert exam(bytes(data), tmp_path, thorough=True) == "corrupt"


def test_not_there_not_read_too_large(tmp_path: Path) -> None:
    def kind(source: str | bytes, limits: Limits | None = None) -> Kind | None:
        fault = examine(Reference(source, "image"), Exam(limits=limits or Limits())).fault
        return fault.kind if fault else None

    assert kind(str(tmp_path / "none.png")) == "missing"
    assert kind("https://example.org/a.png") == "unsupported"
    assert kind(b"%PDF-1.7 and so on") == "unsupported"
    assert kind(b"") == "corrupt"
    assert kind(picture(side=64), Limits(side=63)) == "oversize"
    assert kind(b"just words") == "unsupported"
    assert kind(encode_audio(AudioClip(np.zeros(800, np.float32)))) == "unsupported"


def test_advice_stands_apart(tmp_path: Path) -> None:
    fault = examine(Reference(str(tmp_path / "none.png"), "image"), Exam()).fault
    assert fault is not None
    assert fault.what.startswith("none.png: no such file")
    assert fault.advice == "Check the spelling and the folder."


@pytest.mark.parametrize(
    ("name", "modality"), [("seven.wav", "audio"), ("moving.mp4", "video"), ("blinking.gif", None)]
)
@pytest.mark.parametrize("thorough", [False, True])
def test_sounds_and_films(name: str, modality: "str | None", thorough: bool) -> None:
    reference = Reference(str(FOLDER / name), modality)  # type: ignore[arg-type]
    assert examine(reference, Exam(thorough=thorough)).fault is None
    cut = (FOLDER / name).read_bytes()[:40]
    fault = examine(Reference(cut, modality), Exam(thorough=thorough)).fault  # type: ignore[arg-type]
    assert fault is not None
    assert fault.kind == "corrupt"


def look(data: bytes) -> int | None:
    return examine(Reference(data), Exam(looks=True)).look


def test_looks() -> None:
    first, other = look(scene(1)), look(scene(2))
    assert first is not None
    assert other is not None
    for changed in (scene(1, kind="jpeg", quality=60), scene(1, size=(48, 36)), scene(1, size=(200, 150), kind="jpeg")):
        seen = look(changed)
        assert seen is not None
        assert (first ^ seen).bit_count() <= 7
    assert (first ^ other).bit_count() > 30
    assert look(picture()) is None
    assert examine(Reference(scene(1)), Exam()).look is None
    assert look_of(Pillow.open(io.BytesIO(scene(1)))) == first
