"""What a file is in a talk. What becomes of the pages of a PDF is seen in tests/serving/test_documents.py."""

from pathlib import Path

import numpy as np
import pytest
from tests.pdfs import pdf
from tests.serving.sent import PNG, uri

from sensorium.chat.documents import parts_of
from sensorium.chat.message import Text
from sensorium.core.errors import UnreadableMedia, UnsupportedMedia
from sensorium.media.limits import Limits
from sensorium.media.types import Image


def test_one_medium_by_path_bytes_uri_or_decoded(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    pixels = np.zeros((8, 8, 3), np.uint8)
    for source in (tmp_path / "a.png", str(tmp_path / "a.png"), PNG, uri(PNG, "image/png"), pixels):
        (part,) = parts_of(source, Limits())
        assert isinstance(part, Image)
    assert parts_of(tmp_path / "a.png", Limits())[0].source == "a.png"  # type: ignore[union-attr]
    with pytest.raises(UnreadableMedia, match="no such file"):
        parts_of(tmp_path / "b.png", Limits())
    with pytest.raises(UnsupportedMedia, match="says audio/wav but holds PNG"):
        parts_of(uri(PNG, "audio/wav"), Limits())


def test_the_pages_of_a_pdf(tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2")
    data = pdf("one", "two")
    (tmp_path / "a.pdf").write_bytes(data)
    for source in (str(tmp_path / "a.pdf"), data, uri(data, "application/pdf")):
        parts = parts_of(source, Limits())
        assert [each.text for each in parts if isinstance(each, Text)] == ["[p. 1] one\n", "[p. 2] two\n"]
        assert sum(isinstance(each, Image) for each in parts) == 2
