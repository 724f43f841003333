"""CSV with any of the usual separators, and values over several lines."""

from pathlib import Path

import pytest

from sensorium.core.errors import UnsupportedMedia
from sensorium.data.records.csv_rows import csv_rows


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_any_separator(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'filepath{separator}title\na.png{separator}a boot\nb.png{separator}"two\nlines, ""said"""\n')
    rows = csv_rows(path)
    assert [row.values["title"] for row in rows] == ["a boot", 'two\nlines, "said"']
    assert (len(rows), rows[1].values["filepath"], rows[1].number) == (2, "b.png", 1)


def test_a_row_with_other_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("filepath,title\na.png,a boot, brown\nb.png,a bag\n")
    first, second = csv_rows(tmp_path / "a.csv")
    assert first.fault == ("3 values for the 2 columns filepath, title", "Quote values that hold the separator.")
    assert second.values == {"filepath": "b.png", "title": "a bag"}


def test_no_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("just words\n")
    with pytest.raises(UnsupportedMedia, match=r"first line is 'just words'; expected the names of columns"):
        csv_rows(tmp_path / "a.csv")
