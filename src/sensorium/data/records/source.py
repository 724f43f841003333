"""The records of a file: `open_records(path)`, then in order, or any of them by number."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sensorium.data.records.columns import Columns, check_columns, listed_columns
from sensorium.data.records.formats import Reader, find_reader, open_rows, to_record
from sensorium.data.records.record import Record
from sensorium.data.records.rows import Row, Rows


@dataclass(frozen=True, eq=False)
class Records:
    """All records of a file; media are named relative to `media`."""

    rows: Rows
    read: Reader
    columns: Columns
    media: Path

    @property
    def path(self) -> Path:
        """The file."""
        return self.rows.path

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Record]:
        return map(self._record, self.rows)

    def __getitem__(self, number: int) -> Record:
        return self._record(self.rows[number])

    def _record(self, row: Row) -> Record:
        return to_record(row, self.read, self.columns, source=f"{self.path}, record {row.number}")


def open_records(path: Path, *, media: Path | None = None, columns: Columns | None = None) -> Records:
    """Open a file of records in any of the formats; nothing but its beginning is read.

    Args:
        path: JSON, JSON lines, CSV, parquet, or a tar.
        media: the folder that paths of media begin in; that of the file by default.
        columns: our names of columns to the file's; what `dataset_info.json` beside it says by default.

    Raises: UnreadableMedia, UnsupportedMedia with the columns that there are; ConfigError for a column that is none;
    MissingPackage for parquet without pyarrow.
    """
    check_columns(columns or {})
    chosen = columns or listed_columns(path)
    rows = open_rows(path)
    return Records(rows, find_reader(rows, chosen), chosen, media or path.parent)
