"""Parquet files of the Hub, where pyarrow is installed; without it the extra is named."""

import sys
from pathlib import Path

import pytest

from sensorium.core.errors import MissingPackage, UnreadableMedia
from sensorium.data.records.parquet_rows import ParquetRows
from sensorium.data.records.source import open_records


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)  # as if it could not be imported
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + b"\0" * 20)
    with pytest.raises(MissingPackage, match=r"sensorium\[train\]"):
        open_records(tmp_path / "a.parquet")


def test_rows_of_several_groups(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [
        {"images": [{"bytes": b"PNG" + bytes([number]), "path": None}], "messages": [{"role": "user", "content": "?"}]}
        for number in range(25)
    ]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=10)
    read = ParquetRows(tmp_path / "a.parquet")
    assert [row.values for row in read] == rows
    assert (len(read), [read[number].values for number in (24, 0, 10)]) == (25, [rows[24], rows[0], rows[10]])
    record = open_records(tmp_path / "a.parquet")[3]
    assert record.references[0].source == b"PNG\x03"


def test_a_damaged_file(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + b"\0" * 20)
    with pytest.raises(UnreadableMedia, match="expected a whole parquet file"):
        len(ParquetRows(tmp_path / "a.parquet"))
