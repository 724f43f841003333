"""Feature rows of media that were encoded before, by content, so that a second question skips the encoder."""

from collections import OrderedDict

from torch import Tensor


class RowsCache:
    """Rows until so many bytes are held; the least recently used go first."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.bytes = 0
        self._rows: OrderedDict[bytes, Tensor] = OrderedDict()

    def find(self, key: bytes) -> Tensor | None:
        """Rows that are known, which then count as used."""
        if key in self._rows:
            self._rows.move_to_end(key)
        return self._rows.get(key)

    def add(self, key: bytes, rows: Tensor) -> None:
        """Remember rows, in place of older ones of this key; those larger than all room are not."""
        old = self._rows.pop(key, None)
        self.bytes -= 0 if old is None else old.nbytes
        if rows.nbytes > self.room:
            return
        rows = rows.clone() if rows.untyped_storage().nbytes() > rows.nbytes else rows  # not a batch's whole memory
        self._rows[key] = rows
        self.bytes += rows.nbytes
        while self.bytes > self.room:
            self.bytes -= self._rows.popitem(last=False)[1].nbytes
