"""The lines that go out. A line that is there is whole and stays; one file has one writer."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from sensorium.core.errors import UsageError
from sensorium.core.files import write_atomic
from sensorium.tasks.batch.jobs import Job

_START = b'{"line": '

Status = Literal["ok", "refused", "failed"]


@dataclass(frozen=True)
class Result:
    """What became of a job. `refused`: the line or a file cannot be taken; `failed`: the model or engine did."""

    line: int
    id: str
    status: Status
    answer: str | None = None
    confidence: float | None = None
    sure: bool | None = None
    finish_reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    error: str = ""


class Results:
    """A JSONL file that is added to. `done` tells of the lines that it has: number of the job to status."""

    def __init__(self, path: Path, *, retry: bool = False) -> None:
        """Open a file, or go on with it; a line that was being written when its writer was killed is cut off.

        Args: retry: forget the lines that are not ok, whose questions then may be others.

        Raises: UsageError when somebody else writes it, or it holds other lines than ours.
        """
        self.path = path
        self._asked: dict[int, str] = {}
        self.done: dict[int, Status] = {}
        try:
            self._file = path.open("a+b")
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror or error}; expected to write there. Write elsewhere.") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._read()
            if retry:
                self._forget()
        except BlockingIOError as error:
            self._file.close()
            raise UsageError(f"{path}: another process writes to it. Wait for it, or write elsewhere.") from error
        except UsageError:
            self._file.close()
            raise

    def _read(self) -> None:
        self._file.seek(0)
        whole = 0
        for line in self._file:
            if not line.endswith(b"\n") and (line.startswith(_START) or _START.startswith(line)):
                break
            try:
                found: dict[str, Any] = json.loads(line)
                self.done[found["line"]], self._asked[found["line"]] = found["status"], found["asked"]
            except (ValueError, KeyError, TypeError) as error:
                raise UsageError(
                    f"{self.path}: holds something else than results; expected a new file, or one to go on with. "
                    "Write elsewhere."
                ) from error
            whole += len(line)
        self._file.truncate(whole)
        self._file.seek(0, os.SEEK_END)

    def _forget(self) -> None:
        """Write the file anew without what is not ok: whole, or not at all."""
        self._file.seek(0)
        kept = [line for line in self._file if json.loads(line)["status"] == "ok"]
        if len(kept) == len(self.done):
            return
        write_atomic(self.path, b"".join(kept))
        self._file.close()
        self._file = self.path.open("a+b")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.done = {line: status for line, status in self.done.items() if status == "ok"}

    def has(self, job: Job) -> bool:
        """Whether the job is done. Raises: UsageError when another job was, in its line: the questions are others."""
        if job.line in self.done and self._asked[job.line] != job.digest:
            raise UsageError(
                f"{self.path}: line {job.line} was answered when it asked something else than it does now. "
                "Write elsewhere, or ask the same questions; --retry asks those anew that were not answered."
            )
        self._asked[job.line] = job.digest
        return job.line in self.done

    def add(self, result: Result) -> None:
        """Write the line of a job that `has` was asked about, and return when it is on the disk."""
        told = {**asdict(result), "asked": self._asked[result.line]}
        self._file.write(json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.done[result.line] = result.status

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
