"""Rows of a file that is not there."""

from pathlib import Path

import pytest

from sensorium.core.errors import UnreadableMedia
from sensorium.data.records.rows import opened


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match=r"none\.json: no such file.*expected a file of records. Check the path"):
        opened(tmp_path / "none.json")
