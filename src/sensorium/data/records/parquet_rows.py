"""Rows of a parquet file, through pyarrow (extra `train`): one group of rows in memory at a time."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sensorium.core.errors import UnreadableMedia
from sensorium.core.packages import require
from sensorium.data.records.rows import Row

_BATCH = 64


class ParquetRows:
    """The rows of one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._group: tuple[int, Any] = (-1, None)

    @cached_property
    def _file(self) -> Any:
        """Raises: MissingPackage without pyarrow; UnreadableMedia."""
        parquet, library = require("pyarrow.parquet", "train"), require("pyarrow", "train")
        try:
            return parquet.ParquetFile(self.path)
        except (OSError, library.ArrowException) as error:
            raise UnreadableMedia(
                f"{self.path}: {error}; expected a whole parquet file. Check the path, or fetch it again."
            ) from error

    @cached_property
    def _ends(self) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """The number of the row behind each group."""
        meta = self._file.metadata
        return np.cumsum([meta.row_group(group).num_rows for group in range(meta.num_row_groups)], dtype=np.int64)

    def __len__(self) -> int:
        return int(self._file.metadata.num_rows)

    def __iter__(self) -> Iterator[Row]:
        number = 0
        for batch in self._file.iter_batches(batch_size=_BATCH):
            for values in batch.to_pylist():
                yield Row(number, values)
                number += 1

    def __getitem__(self, number: int) -> Row:
        group = int(np.searchsorted(self._ends, number, side="right"))
        if self._group[0] != group:
            self._group = group, self._file.read_row_group(group)
        table = self._group[1]
        start = int(self._ends[group]) - table.num_rows
        return Row(number, table.slice(number - start, 1).to_pylist()[0])
