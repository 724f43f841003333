"""Media by path, data URI, bytes and place in an archive."""

import base64
from pathlib import Path

import pytest
from tests.data.pictures import picture

from sensorium.core.errors import UnreadableMedia, UnsupportedMedia
from sensorium.data.records.media import read_medium, read_messages
from sensorium.data.records.record import Extent, Reference
from sensorium.data.records.source import open_records
from sensorium.media.types import Image


def test_wherever_the_bytes_are(tmp_path: Path) -> None:
    data = picture()
    (tmp_path / "a.png").write_bytes(data)
    (tmp_path / "all").write_bytes(b"before" + data + b"behind")
    uri = "data:image/png;base64," + base64.b64encode(data).decode()
    for source in ("a.png", str(tmp_path / "a.png"), uri, data, Extent(tmp_path / "all", 6, len(data))):
        medium = read_medium(Reference(source, "image"), tmp_path)
        assert isinstance(medium, Image)
        assert medium.pixels.shape == (32, 32, 3)


def test_nothing_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMedia, match="nothing is fetched"):
        read_medium(Reference("https://example.org/a.png", "image"), tmp_path)
    with pytest.raises(UnreadableMedia, match="no such file"):
        read_medium(Reference("a.png", "image"), tmp_path)


def test_a_talk_with_its_media(boots: Path) -> None:
    records = open_records(boots)
    talk = read_messages(records[3], records.media)
    assert [message.role for message in talk] == ["user", "assistant"] * 2
    assert [len(message.media) for message in talk] == [1, 0, 0, 0]
    assert talk[0].text == "Question 3?"
