"""A run as TensorBoard shows it: event files beside the log, with what the log has.

    loss/<domain>   held_out/<domain>   blanked/<domain>   right/<domain>   samples_per_second

A run that goes on from a checkpoint takes some steps a second time; what an earlier file says of them is dropped.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from sensorium.core.packages import require
from sensorium.training.log import Progress


class Board:
    """Hears the progress of a run and writes it down; `open_board` is the way to have one."""

    def __init__(self, folder: Path, package: ModuleType) -> None:
        """For the folder of a run; nothing is written before the first report."""
        self._folder = folder
        self._package = package
        self._writer: Any = None

    def __call__(self, progress: Progress) -> None:
        """Write what was reported, at once: a run that is killed loses nothing of it. Raises: OSError."""
        if self._writer is None:
            self._writer = self._package.SummaryWriter(str(self._folder), purge_step=progress.step)
        for name, value in _scalars(progress).items():
            self._writer.add_scalar(name, value, progress.step)
        self._writer.flush()

    def close(self) -> None:
        """Close the file. Raises: OSError."""
        if self._writer is not None:
            self._writer.close()


@contextmanager
def open_board(folder: Path) -> Iterator[Board]:
    """A board for the folder of a run. Raises: MissingPackage without tensorboard (extra `train`), before anything."""
    board = Board(folder, require("torch.utils.tensorboard", "train"))
    try:
        yield board
    finally:
        board.close()


def _scalars(progress: Progress) -> dict[str, float]:
    found = {f"loss/{name}": loss for name, loss in progress.losses.items()}
    for name, each in (progress.held_out or {}).items():
        found |= {f"held_out/{name}": each.loss, f"right/{name}": each.right}
        if each.blanked is not None:
            found[f"blanked/{name}"] = each.blanked
    return found | {"samples_per_second": progress.samples_per_second}
