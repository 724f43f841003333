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
    """Files at and below `roots`, in order, each with its stamp; what cannot be looked at or into is a refusal.

    Links that lie in a folder are not followed: they may lead to what nobody meant to show.
    `leave_out`: the folder of the index itself.
    """
    for root in roots:
        if not os.path.isdir(root):  # noqa: PTH112 (a Path raises where its folder is closed to us)
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


def is_gone(path: str) -> bool:
    """Whether there is no such file any more: its folder can be looked into and lacks it, or has something else there.

    False where that cannot be told now, as of a disk that is not mounted or a folder that is closed to us.
    """
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116
    except FileNotFoundError:
        pass
    except OSError:
        return False
    try:
        with os.scandir(Path(path).parent):
            return not os.path.lexists(path)  # a link that leads nowhere may do so again
    except OSError:
        return False


def _stamped(path: str) -> Iterator[tuple[str, Stamp] | Refusal]:
    """The file at `path`; nothing where there is none, and for pipes, devices, and links that lead nowhere."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        yield Refusal(path, "unreadable", f"cannot be looked at ({error.strerror})")
        return
    if stat.S_ISREG(found.st_mode):
        yield path, Stamp(found.st_size, found.st_mtime_ns)
