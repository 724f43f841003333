"""The lines that come in: {"question": "...", "files": ["a.png"], "id": "...", "max_tokens": 64}."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from sensorium.core.errors import InputError, UnreadableMedia, UsageError
from sensorium.engine.sampling import Options, Sampling
from sensorium.media.source import is_data_uri

_OWN = ("id", "question", "files")
_LONGEST_LINE = 64 << 20  # bytes; a medium may stand in a line as a data URI


@dataclass(frozen=True)
class Job:
    """Line number `line`, from 1. `fault` says why it is no question; it is then refused, and the others go on."""

    line: int
    id: str = ""
    question: str = ""
    files: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)
    fault: str = ""

    @property
    def digest(self) -> str:
        """What is asked, in 16 hexadecimal digits: the same for the same words, paths and options."""
        asked = json.dumps([self.id, self.question, self.files, self.options, self.fault], sort_keys=True)
        return hashlib.sha256(asked.encode()).hexdigest()[:16]


def read_jobs(path: Path) -> Iterator[Job]:
    """Jobs of a JSONL file, one for each line that is not empty; paths in it are relative to its folder.

    An id that an earlier line has already is a fault of the later one: results could not be told apart.

    Raises: UnreadableMedia when the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            number, lines = 0, dict[str, int]()
            while line := file.readline(_LONGEST_LINE + 1):
                number += 1
                if len(line) > _LONGEST_LINE:
                    raise UnreadableMedia(
                        f"{path}: line {number} has more than {_LONGEST_LINE >> 20} MB; expected one question a line. "
                        "Name files by their paths."
                    )
                if line.strip():
                    yield _unlike(_job(number, line, path.parent), lines)
    except OSError as error:
        raise UnreadableMedia(f"{path}: {error.strerror or error}; expected a file of questions. Check it.") from error


def _unlike(job: Job, lines: dict[str, int]) -> Job:
    """The job, at fault if its id is one of those before it. Args: lines: ids so far, which is added to."""
    first = lines.setdefault(job.id, job.line) if job.id else job.line
    if first == job.line:
        return job
    return Job(job.line, job.id, fault=f"line {job.line}: the id '{job.id}' is that of line {first}. Give it another.")


def _job(number: int, line: bytes, folder: Path) -> Job:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Job(number, fault=f"line {number} is not JSON ({error}). Write one object a line.")
    if not isinstance(found, dict):
        return Job(number, fault=f'line {number} is a {type(found).__name__}; expected {{"question": "..."}}.')
    id_ = found.get("id", "")
    name = id_ if isinstance(id_, str) else json.dumps(id_)
    try:
        return Job(number, name, *_asked(found, number, folder))
    except (InputError, UsageError) as error:
        return Job(number, name, fault=str(error))


def _asked(found: dict[str, Any], number: int, folder: Path) -> tuple[str, tuple[str, ...], Options]:
    question, files = found.get("question"), found.get("files", [])
    if not isinstance(question, str) or not question.strip():
        raise UsageError(f"line {number}: 'question' is {question!r}; expected words. Write them.")
    if not isinstance(files, list) or not all(isinstance(each, str) for each in files):
        raise UsageError(f"line {number}: 'files' is {files!r}; expected a list of paths. Write one, [] for none.")
    known = get_type_hints(Options)
    unknown = sorted(set(found) - set(_OWN) - set(known))
    if unknown:
        raise UsageError(
            f"line {number}: unknown key '{unknown[0]}'; expected {', '.join((*_OWN, *known))}. Take it away."
        )
    options = Options(**{key: found[key] for key in known if key in found})  # type: ignore[typeddict-item]
    try:
        Sampling(**options)
    except TypeError as error:
        raise UsageError(f"line {number}: {error}. Write numbers as numbers.") from error
    return question, tuple(each if is_data_uri(each) else str(folder / each) for each in files), options
