"""Webdataset tars: members by sample, media left where they are."""

import io
import tarfile
from pathlib import Path

import pytest

from sensorium.core.errors import UnreadableMedia
from sensorium.data.records.record import Extent
from sensorium.data.records.tar_rows import TarRows, read_extent


def pack(path: Path, members: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


MEMBERS = {"x.y/01.jpg": b"JPG1", "x.y/01.txt": b"a boot\n", "02.png": b"PNG2", "02.json": b'{"caption": "a bag"}'}


def test_samples_by_name(tmp_path: Path) -> None:
    rows = TarRows(pack(tmp_path / "a.tar", MEMBERS))
    first, second = rows
    assert (first.values["txt"], second.values["json"]) == ("a boot", {"caption": "a bag"})
    place = second.values["png"]
    assert isinstance(place, Extent)
    assert read_extent(place, 100) == b"PNG2"
    assert (len(rows), rows[1]) == (2, second)


def test_json_that_is_none(tmp_path: Path) -> None:
    first, second = TarRows(pack(tmp_path / "a.tar", {"1.json": b"{", "2.json": b"{}"}))
    assert first.fault is not None
    assert "its json cannot be read" in first.fault[0]
    assert second.fault is None


def test_packed_or_cut(tmp_path: Path) -> None:
    packed = pack(tmp_path / "a.tar.gz", MEMBERS, "w:gz")
    with pytest.raises(UnreadableMedia, match=r"expected a whole tar that is not packed\. Unpack it"):
        len(TarRows(packed))
    place = Extent(pack(tmp_path / "a.tar", MEMBERS), 10_000_000, 5)
    with pytest.raises(UnreadableMedia, match="ends in the middle of a member"):
        read_extent(place, 100)
