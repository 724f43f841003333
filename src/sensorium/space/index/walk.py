"""Which files there are: those that are named, and those in folders that are named, hidden ones left out."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from sensorium.core.errors import UnreadableMedia
from sensorium.space.index.types import Refusal, Stamp


def roots_of(paths: Iterable[str | os.PathLike[str]]) -> list[str]:
    """The absolute form of what was named. Raises: UnreadableMedia for a path where nothing is."""
    roots = []
    for path in paths:
        root = os.path.abspath(path)  # noqa: PTH100 (resolve would follow links)
        if not os.path.lexists(root):
            raise UnreadableMedia(
                f"{os.fspath(path)}: there is nothing; expected a file or a folder. Check the path; what is in the "
                "index of it goes with: sensorium index --forget PATH"
            )
        roots.append(root)
    return roots


def is_below(path: str, root: str) -> bool:
    """Whether `path` is `root` or lies in it."""
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def walk(roots: Iterable[str], leave_out: Path) -> Iterator[tuple[str, Stamp] | Refusal]:
    """Files at and below `roots`, in order, each with its stamp; folders that cannot be looked into are refusals.

    Links that lie in a folder are not followed: they may lead to what nobody meant to show.
    `leave_out`: the folder of the index itself.
    """
    for root in roots:
        if not Path(root).is_dir():
            yield from _stamped(root)
            continue
        unreadable: list[Refusal] = []

        def refuse(error: OSError, into: list[Refusal] = unreadable) -> None:
            into.append(Refusal(str(error.filename), "unreadable", f"folder cannot be read ({error.strerror})"))

        for folder, folders, names in os.walk(root, onerror=refuse):
            inside = [each for each in sorted(folders) if not each.startswith(".")]
            folders[:] = [each for each in inside if Path(folder, each) != leave_out]
            for name in sorted(names):
                path = os.path.join(folder, name)  # noqa: PTH118 (a million of them)
                if not name.startswith(".") and not os.path.islink(path):  # noqa: PTH114
                    yield from _stamped(path)
        yield from unreadable


def _stamped(path: str) -> Iterator[tuple[str, Stamp]]:
    """The file at `path`; nothing for pipes, devices, and links that lead nowhere."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return
    if stat.S_ISREG(found.st_mode):
        yield path, Stamp(found.st_size, found.st_mtime_ns)
