"""Folders into an index: what is new or changed is read by several threads, embedded, and stored a batch at a time.

    walk ─ unchanged? ─ same content elsewhere? ─ read (threads) ─ embed (batches) ─ store (one commit per batch)

What a commit acknowledged stays, so a run that was stopped goes on where it was. A file that cannot be read is noted
with the reason, and costs no other file anything.
"""

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sensorium.core.errors import InputError, MissingPackage, UnsupportedMedia, UsageError
from sensorium.core.files import sha256_file
from sensorium.media.types import Modality
from sensorium.space.index.embedding import embed_pieces
from sensorium.space.index.reading import read_pieces
from sensorium.space.index.store import Store
from sensorium.space.index.types import Entry, Fault, Piece, Refusal, SpaceModel, Stamp
from sensorium.space.index.walk import is_below, is_gone, roots_of, walk

BATCH = 32
"""Pieces that are embedded at once."""

PATIENCE = 10.0
"""Seconds after which a batch is stored that is not full yet."""

_AHEAD = 64 * 2**20
"""Bytes of files that are read ahead of the model: a film in memory is many times its file."""

_AWAY = "cannot be reached now; it waits, for: sensorium index --again (to take it out: sensorium index --forget PATH)"

_SHOWN = 5
"""So many folders are named in a message."""

Progress = Callable[[int, int], None]
"""Told how many files are done, and how many there are to do."""


@dataclass
class Report:
    """What a run did, in files.

    stored: read and stored.
    known: whose content was known, from another path.
    unchanged: not even opened.
    removed: that are no longer there.
    refused: of which nothing was taken, those of earlier runs too.
    by_words: pieces that the model does not take, by kind; they are found by their words and names alone.
    """

    stored: int = 0
    known: int = 0
    unchanged: int = 0
    removed: int = 0
    refused: list[Refusal] = field(default_factory=list)
    by_words: Counter[Modality] = field(default_factory=Counter)

    @property
    def damaged(self) -> list[Refusal]:
        """Files that should have been readable."""
        return [each for each in self.refused if each.fault == "unreadable"]


class _Read(NamedTuple):
    """What a worker brings back."""

    path: str
    stamp: Stamp
    digest: str
    pieces: list[Piece]
    fault: Fault = ""
    reason: str = ""
    lasting: bool = True
    """Whether it will be the same next time."""


def index_paths(
    store: Store,
    model: SpaceModel,
    paths: Iterable[str | os.PathLike[str]],
    *,
    leave_out: Path,
    retry: bool = False,
    progress: Progress = lambda done, of: None,
) -> Report:
    """Bring the store up to date with files and folders.

    Args:
        leave_out: a folder that is not looked into: that of the store.
        retry: read files again that could not be read before.

    Raises: UsageError when another process writes to the store or it cannot be written to; UnreadableMedia for a path
    where nothing is.
    """
    roots = roots_of(paths)
    report = Report()
    with store.writing():
        if retry:
            store.remove(each.path for each in store.refusals() if any(is_below(each.path, root) for root in roots))
        known = store.stamps()
        there: set[str] = set()
        todo: list[tuple[str, Stamp]] = []
        for each in walk(roots, leave_out):
            if isinstance(each, Refusal):
                report.refused.append(each)
            elif each[0] not in there:
                there.add(each[0])
                if known.get(each[0]) == each[1]:
                    report.unchanged += 1
                else:
                    todo.append(each)
        _Run(store, model, report, progress, len(todo)).over(todo, {stamp.size for stamp in known.values()})
        unseen = [each.path for each in report.refused]
        gone = [path for path in known if path not in there and any(is_below(path, root) for root in roots)]
        gone = [path for path in gone if not any(is_below(path, folder) for folder in unseen)]
        store.remove(gone)
        report.removed = len(gone)
        store.settle()
    report.refused += [each for each in store.refusals() if any(is_below(each.path, root) for root in roots)]
    return report


def index_again(store: Store, model: SpaceModel, *, progress: Progress = lambda done, of: None) -> Report:
    """Make a store one of this model, as its weights are now: all its files are read and embedded again.

    A run that was stopped goes on where it was; until its end, files that wait are not found. Those that cannot be
    reached now, on a disk that is not mounted for example, go on waiting, and are among the refused.

    Raises: UsageError when another process writes to the store or it cannot be written to.
    """
    report = Report()
    with store.writing():
        store.renew(model)
        waiting = store.waiting()
        todo = [each for each in walk(waiting, Path(os.devnull)) if not isinstance(each, Refusal)]
        sizes = Counter(stamp.size for _, stamp in todo)
        _Run(store, model, report, progress, len(todo)).over(todo, {size for size, count in sizes.items() if count > 1})
        missing = sorted({*waiting} - {path for path, _ in todo})
        gone = {path for path in missing if is_gone(path)}
        report.refused += [Refusal(path, "unreadable", _AWAY) for path in missing if path not in gone]
        store.remove(gone)
        report.removed = len(gone)
        store.settle()
    report.refused += store.refusals()
    return report


class _Run:
    """Files on their way into the store."""

    def __init__(self, store: Store, model: SpaceModel, report: Report, progress: Progress, total: int) -> None:
        self._store = store
        self._model = model
        self._report = report
        self._progress = progress
        self._total = total
        self._done = 0
        self._batch: list[_Read] = []
        self._since = time.monotonic()

    def over(self, todo: Sequence[tuple[str, Stamp]], sizes: set[int]) -> None:
        """Store all files of `todo`; only one whose size is among `sizes` may be a copy of a known file."""
        for read in _read_all(todo, tuple(self._model.modalities), self._store, sizes):
            self._batch.append(read)
            full = sum(len(each.pieces) for each in self._batch) >= BATCH or len(self._batch) >= 8 * BATCH
            if full or time.monotonic() - self._since > PATIENCE:
                self._flush()
        self._flush()

    def _flush(self) -> None:
        """Embed what has gathered and store it in one commit."""
        batch, self._batch = self._batch, []
        placed, faults = embed_pieces(self._model, [read.pieces for read in batch])
        entries = []
        for read, rows, fault in zip(batch, placed, faults, strict=True):
            reason = read.reason or fault
            why: Fault = read.fault or ("unreadable" if fault else "")
            self._count(read, why)
            if read.lasting:
                known = not read.pieces and not reason
                entries.append(Entry(read.path, read.stamp, read.digest, None if known else rows, why, reason))
            else:
                self._report.refused.append(Refusal(read.path, why, reason))
        if entries:
            self._store.write(entries)
        self._since = time.monotonic()
        self._done += len(batch)
        self._progress(self._done, self._total)

    def _count(self, read: _Read, fault: Fault) -> None:
        if fault:
            return
        if read.pieces:
            self._report.stored += 1
            self._report.by_words.update(each.kind for each in read.pieces if each.content is None)
        else:
            self._report.known += 1


def _read_all(
    todo: Sequence[tuple[str, Stamp]], takes: Sequence[Modality], store: Store, sizes: set[int]
) -> Iterator[_Read]:
    """Read files with as many threads as there are processors, in order, a batch ahead of what is asked for."""
    workers = os.cpu_count() or 1
    pending: deque[tuple[int, Future[_Read] | _Read]] = deque()
    waiting = 0
    pool = ThreadPoolExecutor(workers, thread_name_prefix="reading")
    try:
        for path, stamp in todo:
            copy = _known(path, stamp, store) if stamp.size in sizes else None
            pending.append((stamp.size, copy or pool.submit(_read, path, stamp, takes)))
            waiting += stamp.size
            while len(pending) > workers and (len(pending) > BATCH or waiting > _AHEAD):
                size, first = pending.popleft()
                waiting -= size
                yield _result(first)
        while pending:
            yield _result(pending.popleft()[1])
    finally:
        pool.shutdown(cancel_futures=True)


def _result(each: "Future[_Read] | _Read") -> _Read:
    return each if isinstance(each, _Read) else each.result()


def _known(path: str, stamp: Stamp, store: Store) -> _Read | None:
    """The file as a copy of one that is known, if it is."""
    try:
        digest = sha256_file(path)
    except OSError:
        return None
    return _Read(path, stamp, digest, []) if store.holds(digest) else None


def _read(path: str, stamp: Stamp, takes: Sequence[Modality]) -> _Read:
    """The pieces of a file, or the reason why there are none."""
    try:
        digest = sha256_file(path)
        pieces = read_pieces(path, takes)
        now = Path(path).stat()
    except OSError as error:
        reason = f"cannot be opened ({error.strerror or error})"
        return _Read(path, stamp, "", [], "unreadable", reason, lasting=False)
    except MissingPackage as error:
        return _Read(path, stamp, "", [], "unsupported", str(error), lasting=False)
    except InputError as error:
        fault: Fault = "unsupported" if isinstance(error, UnsupportedMedia) else "unreadable"
        return _Read(path, stamp, digest, [], fault, str(error))
    if Stamp(now.st_size, now.st_mtime_ns) != stamp:
        return _Read(path, stamp, "", [], "unreadable", "changed while it was read; index it again", lasting=False)
    fault, reason = ("", "") if pieces else ("unsupported", "there is nothing in it")
    return _Read(path, stamp, digest, pieces, fault, reason)


def forget(store: Store, paths: Iterable[str | os.PathLike[str]]) -> int:
    """Take files, and all files below folders, out of the store with all their bytes; they need not exist any more.

    Returns: how many files. Raises: UsageError for a path of which the store knows nothing, with all left as it was, or
    when another process writes to the store.
    """
    roots = [os.path.abspath(path) for path in paths]  # noqa: PTH100 (resolve would follow links)
    with store.writing():
        known = store.stamps()
        if strange := next((root for root in roots if not any(is_below(path, root) for path in known)), None):
            raise UsageError(f"{strange}: nothing of it is in the index; {_held(known)}")
        gone = [path for path in known if any(is_below(path, root) for root in roots)]
        store.remove(gone)
        store.settle()
    return len(gone)


def _held(paths: Iterable[str]) -> str:
    """What is in an index, for a message: the folders that files are in, but for those inside of others."""
    folders: list[str] = []
    outer_first = sorted({Path(path).parent.parts for path in paths})
    for folder in (str(Path(*parts)) for parts in outer_first):
        if not folders or not is_below(folder, folders[-1]):
            folders.append(folder)
    if not folders:
        return "expected what is, and it is empty. Index first: sensorium index PATH"
    more = ", …" if len(folders) > _SHOWN else ""
    return f"expected what is. It has files of {', '.join(folders[:_SHOWN])}{more}: give one of these, or a file in it."
