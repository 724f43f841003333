"""Tiny sets in the formats of the real ones. Every item is flat, of a value that tells which one it is."""

import gzip
import io
import json
import struct
import tarfile
import wave
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from sensorium.data.readers.caltech_names import NAMES
from sensorium.data.readers.deeppcb_questions import DEFECTS
from sensorium.data.readers.esc10 import LABELS

DEFECT_SIZE = 16


@pytest.fixture(scope="session")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with all sets in miniature; 10 classes of 4 pictures, 5 of 6 drawers, 2 boards and so on."""
    root = tmp_path_factory.mktemp("sets")
    for name in ("mnist", "fashion-mnist"):
        _write_idx(root / name)
    _write_fsdd(root / "fsdd")
    _write_esc10(root / "esc10")
    _write_caltech(root / "caltech101-small")
    _write_pneumonia(root / "pneumoniamnist")
    _write_deeppcb(root / "deeppcb")
    _write_omniglot(root / "omniglot-small")
    _write_videos(root / "videos")
    _write_photos(root / "photos", root / "charts")
    return root


def _write_idx(folder: Path) -> None:
    """40 pictures: number n is all n * 5 and has the label n % 10."""
    folder.mkdir()
    values = np.arange(40, dtype=np.uint8)
    pictures = np.repeat(values * 5, 28 * 28).tobytes()
    header = struct.pack(">BBBBIII", 0, 0, 8, 3, 40, 28, 28)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(header + pictures))
    header = struct.pack(">BBBBI", 0, 0, 8, 1, 40)
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(header + (values % 10).tobytes()))


def _write_fsdd(folder: Path) -> None:
    """Two takes of each digit by two speakers; the samples are digit * 100, and 5000 more for yweweler."""
    members = {}
    for speaker, offset in (("george", 0), ("yweweler", 5000)):
        for digit in range(10):
            for take in range(2):
                content = io.BytesIO()
                with wave.open(content, "wb") as out:
                    out.setnchannels(1)
                    out.setsampwidth(2)
                    out.setframerate(8000)
                    out.writeframes(np.full(640, digit * 100 + offset, "<i2").tobytes())
                members[f"{digit}_{speaker}_{take}.wav"] = content.getvalue()
    _write_tar(folder / "fsdd-5-speakers-wav.tar.xz", members, "w:xz")


def _write_esc10(folder: Path) -> None:
    """One clip of each class in folds 1 and 4; the samples are class * 100 + 100, and 5000 more in fold 4."""
    members, rows = {}, ["file,fold,label"]
    for fold in (1, 4):
        for place, label in enumerate(LABELS):
            name = f"{label}/{fold}-{place}-A.flac"
            members[name] = _flac(np.full(3 * 16_000, 100 + 100 * place + 5000 * (fold == 4), np.int16))
            rows.append(f"{name},{fold},{label}")
    _write_tar(folder / "esc10-folds1-4-16k-flac.tar", members, "w")
    (folder / "meta.csv").write_text("\n".join(rows), encoding="utf-8")


def _write_caltech(folder: Path) -> None:
    """Five photos of each class: red is class * 4, green is number * 50."""
    members, rows = {}, ["file,label"]
    for place, label in enumerate(NAMES):
        for number in range(5):
            name = f"{label}/image_{number}.jpg"
            members[name] = _picture(np.full((16, 24, 3), (place * 4, number * 50, 128), np.uint8), "JPEG")
            rows.append(f'{name},"{label}"')
    _write_tar(folder / "caltech101-58classes-128px.tar", members, "w")
    (folder / "meta.csv").write_text("\n".join(rows), encoding="utf-8")


def _write_pneumonia(folder: Path) -> None:
    """Four normal pictures (values 10 to 13) and eight with pneumonia (50 to 57); the last of each is held out."""
    folder.mkdir()
    train, held = [10, 11, 12, 50, 51, 52, 53, 54, 55, 56], [13, 57]
    arrays: dict[str, Any] = {}
    for part, values in (("train", train), ("val", held)):
        arrays[f"{part}_images"] = np.repeat(np.array(values, np.uint8), 28 * 28).reshape(-1, 28, 28)
        arrays[f"{part}_labels"] = (np.array(values) >= 50).astype(np.uint8)
    np.savez(folder / "pneumoniamnist-train-val.npz", **arrays)


def _write_deeppcb(folder: Path) -> None:
    """Two boards of black and white halves, the second held out and white alone; defects are grey squares."""
    members, lines = {}, []
    for board in range(2):
        template = np.full((300, 300), 255, np.uint8)
        if board == 0:
            template[:, ::4] = 0
        scan, defects = template.copy(), []
        for place, kind in enumerate(DEFECTS):
            left, top = 50 + 92 * (place % 3), 90 + 120 * (place // 3)
            scan[top : top + DEFECT_SIZE, left : left + DEFECT_SIZE] = 128
            defects.append({"box": [left, top, left + DEFECT_SIZE, top + DEFECT_SIZE], "type": kind})
        members[f"{board}_test.jpg"] = _picture(scan, "JPEG")
        members[f"{board}_temp.jpg"] = _picture(template, "JPEG")
        lines.append({"image": f"{board}_test.jpg", "template": f"{board}_temp.jpg", "defects": defects})
    _write_tar(folder / "deeppcb-120-pairs.tar", members, "w")
    _write_lines(folder / "annotations.jsonl", lines)


def _write_omniglot(folder: Path) -> None:
    """Three characters of each alphabet by six drawers: the value is 36 * alphabet + 12 * character + 2 * drawer."""
    folder.mkdir()
    with zipfile.ZipFile(folder / "images_background_small1.zip", "w") as out:
        for place, alphabet in enumerate(("Balinese", "Early_Aramaic", "Greek", "Korean", "Latin")):
            for character in range(3):
                for drawer in range(6):
                    flat = np.full((20, 20), 36 * place + 12 * character + 2 * drawer, np.uint8)
                    name = f"images_background_small1/{alphabet}/character{character + 1:02d}/0001_{drawer:02d}.png"
                    out.writestr(name, _picture(flat, "PNG"))


def _write_videos(folder: Path) -> None:
    """Three clips of 20 frames that grow brighter, and one that may not train and is not even there."""
    (folder / "files").mkdir(parents=True)
    lines = []
    for label, trains in (("help", True), ("eat", True), ("rabbit cartoon", True), ("secret", False)):
        name = f"files/{label.replace(' ', '-')}.mkv"
        lines.append({"file": name, "label": label, "train_ok": trains})
        if trains:
            _write_film(folder / name)
    _write_lines(folder / "videos.jsonl", lines)


def _write_photos(photos: Path, charts: Path) -> None:
    """Six photos with a question, one that may not train, and a bar chart."""
    photos.mkdir()
    charts.mkdir()
    lines = []
    for number in range(6):
        (photos / f"{number}.png").write_bytes(_picture(np.full((300, 400, 3), 40 * number, np.uint8), "PNG"))
        asked = [{"question": f"Which number is it, {number}?", "answers": [str(number), "other"]}]
        lines.append({"image": f"{number}.png", "caption": f"picture {number}", "qa": asked, "train_ok": True})
    lines.append({"image": "missing.png", "caption": "secret", "qa": [], "train_ok": False})
    _write_lines(photos / "captions.jsonl", lines)
    (charts / "bar.png").write_bytes(_picture(np.full((30, 40, 3), 250, np.uint8), "PNG"))
    (charts / "bar.vl.json").write_text(json.dumps({"mark": {"type": "bar"}}), encoding="utf-8")
    _write_lines(charts / "charts.jsonl", [{"image": "bar.png", "spec": "bar.vl.json", "qa": []}])


def _write_tar(path: Path, members: Mapping[str, bytes], mode: str) -> None:
    path.parent.mkdir()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as out:  # type: ignore[call-overload]
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            out.addfile(entry, io.BytesIO(content))
    path.write_bytes(packed.getvalue())


def _write_lines(path: Path, lines: Sequence[Mapping[str, object]]) -> None:
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")


def _picture(pixels: NDArray[np.uint8], kind: str) -> bytes:
    content = io.BytesIO()
    Pillow.fromarray(pixels).save(content, kind, **({"quality": 95} if kind == "JPEG" else {}))
    return content.getvalue()


def _flac(samples: NDArray[np.int16]) -> bytes:
    content = io.BytesIO()
    with av.open(content, "w", format="flac") as out:
        stream = out.add_stream("flac", rate=16_000, layout="mono", format="s16")
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = 16_000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    return content.getvalue()


def _write_film(path: Path) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 192, 96, "yuv420p"
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((96, 192, 3), 20 + 10 * number, np.uint8), format="rgb24")
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
