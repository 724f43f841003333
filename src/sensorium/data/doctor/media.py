"""The media of all records, each examined once, in worker processes where there are many."""

import hashlib
import multiprocessing
import os
from collections.abc import Hashable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from sensorium.data.doctor.examine import Exam, Examined, examine_many
from sensorium.data.records.record import Reference

_CHUNK = 64
_AHEAD = 8
"""Chunks waiting for each process, at most."""


class Examiner:
    """Takes media as they come; a context, since it may start processes."""

    def __init__(self, exam: Exam, *, workers: int | None = None) -> None:
        """Args: workers: processes; None for one a core."""
        self._exam = exam
        self._workers = workers if workers is not None else os.cpu_count() or 1
        self._numbers: dict[Hashable, int] = {}
        self._waiting: list[Reference] = []
        self._chunks: list[Future[list[Examined]] | list[Examined]] = []
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Examiner":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, reference: Reference, folder: Path) -> int:
        """Give a medium in. Returns: its number among all different ones."""
        source = reference.source
        if isinstance(source, str) and source[:5].lower() != "data:" and "://" not in source:
            source = str(folder / source)
        key = hashlib.blake2b(source, digest_size=16).digest() if isinstance(source, bytes) else source
        number = self._numbers.setdefault((key, reference.modality), len(self._numbers))
        if number == _CHUNK * len(self._chunks) + len(self._waiting):  # a new one
            self._waiting.append(replace(reference, source=source))
            if len(self._waiting) == _CHUNK:
                self._send()
        return number

    def results(self) -> list[Examined]:
        """What is known of each, in the order of their numbers."""
        if self._waiting:
            self._chunks.append(examine_many(self._waiting, self._exam))
            self._waiting = []
        return [each for chunk in self._chunks for each in (chunk.result() if isinstance(chunk, Future) else chunk)]

    def _send(self) -> None:
        chunk, self._waiting = self._waiting, []
        if not self._workers:
            self._chunks.append(examine_many(chunk, self._exam))
            return
        if self._pool is None:  # not forked: the caller may have threads
            self._pool = ProcessPoolExecutor(self._workers, multiprocessing.get_context("spawn"))
        behind = len(self._chunks) - _AHEAD * self._workers
        if behind >= 0 and isinstance(waited := self._chunks[behind], Future):
            self._chunks[behind] = waited.result()
        self._chunks.append(self._pool.submit(examine_many, chunk, self._exam))
