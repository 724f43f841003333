"""Records answered anew by a model: what a larger one says, for a smaller one to learn. A line of JSON for each.

    {"record": "boots.json, record 0", "model": "org/large", "messages": [{"role": "user", "content": [
        {"type": "image", "image": "pictures/a.png"}, {"type": "text", "text": "What?"}]}, {"role": "assistant", ...}]}
    {"record": "boots.json, record 1", "model": "org/large", "messages": [], "failed": "b.png: no such file. ..."}

Our readers take the file as it is, and leave out what failed. A file that was left half-way is gone on with.
"""

import base64
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorium.chat.message import Answer, Message, Text
from sensorium.core.errors import ConfigError, EngineError, InputError, UnreadableMedia
from sensorium.core.files import write_atomic
from sensorium.data.records.conversations import read_conversation
from sensorium.data.records.formats import to_record
from sensorium.data.records.media import located, read_messages
from sensorium.data.records.record import TRAINED, Draft, Fault, Record, Reference
from sensorium.data.records.rows import Row
from sensorium.data.records.source import Records
from sensorium.media.types import Media

Talk = Callable[[str, Sequence[Media]], Answer]
"""Answers the next question of one talk, media before it."""

Line = dict[str, Any]


@dataclass(frozen=True)
class Answered:
    """How many records of a file have answers, how many failed, and how many there are."""

    answered: int
    failed: int
    records: int


def answer_records(
    records: Records, out: Path, *, model: str, begin: Callable[[], Talk], report: Callable[[Answered], None]
) -> Answered:
    """Let a model answer every question of every record, or go on where that was left.

    The questions of a record are one talk, in which the model hears its own earlier answers. A system message stands
    before the first question. A record fails that cannot be read, that the model does not take, or whose answer is cut
    off or cannot be learnt from; the others go on.

    Args:
        records: questions; their answers are not looked at.
        out: the file of answers.
        model: its name, for the lines.
        begin: a new talk with it. Raises: InputError and EngineError for what fails; all else ends the work.
        report: hears of each record.

    Raises: ConfigError when `out` holds other answers than these; OSError when it cannot be written.
    """
    done = _resume(out, records, model)
    failed = sum("failed" in line for line in done)
    found = Answered(len(done) - failed, failed, len(records))
    with out.open("a", encoding="utf-8") as file:
        for number in range(len(done), len(records)):
            record = records[number]
            line = {"record": record.source, "model": model, **_line(record, records.media, out.parent, begin)}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()  # a record that was answered stays so, whatever happens
            failed = found.failed + ("failed" in line)
            found = Answered(number + 1 - failed, failed, len(records))
            report(found)
    return found


def _resume(out: Path, records: Records, model: str) -> list[Line]:
    """The lines that a file has already, without a last one that is not whole. Raises: ConfigError."""
    if out.resolve() == records.path.resolve():
        raise ConfigError(f"{out}: got the same file for questions and answers; expected two. Give another --out.")
    if not out.exists():
        return []
    whole, _, rest = out.read_bytes().rpartition(b"\n")
    if rest:
        write_atomic(out, whole + b"\n" if whole else b"")
    lines = [_read(raw, out) for raw in whole.split(b"\n") if raw]
    for number, line in enumerate(lines):
        wanted = (f"{records.path}, record {number}", model)
        if (line.get("record"), line.get("model")) != wanted:
            raise ConfigError(
                f"{out}: line {number + 1} is of {line.get('record')} and {line.get('model')}; expected {wanted[0]} "
                f"and {wanted[1]}. Give another --out, or delete this one."
            )
    return lines


def _read(raw: bytes, out: Path) -> Line:
    try:
        line = json.loads(raw)
    except ValueError as error:
        raise ConfigError(f"{out}: holds a line that is not JSON ({error}). Give another --out.") from error
    if not isinstance(line, dict):
        raise ConfigError(f"{out}: holds a line that is no object; expected answers. Give another --out.")
    return line


def _line(record: Record, folder: Path, home: Path, begin: Callable[[], Talk]) -> Line:
    """What is told of a record: the talk, or why there is none."""
    try:
        _check(record)
        messages = [*_told(record, folder, home, begin())]
        _check(to_record(Row(record.number, {"messages": messages}), read_conversation, {}, source=record.source))
    except (InputError, EngineError) as error:
        return {"messages": [], "failed": str(error)}
    return {"messages": messages}


def _check(record: Record) -> None:
    """Raises: UnreadableMedia for a record that nobody can learn from."""
    fault: Fault | None = next((each for each in record.faults if each.kind not in TRAINED), None)
    if fault is not None:
        raise UnreadableMedia(f"{record.source}: {fault.what}. {fault.advice}")


def _told(record: Record, folder: Path, home: Path, talk: Talk) -> Iterator[Line]:
    """The messages of a record with the model's answers; paths of media begin in `home`. Raises: InputError."""
    ahead = ""
    for draft, message in zip(record.messages, read_messages(record, folder), strict=True):
        if message.role == "user":
            yield {"role": "user", "content": _content(draft, message, folder, home)}
            answer = talk(ahead + message.text, message.media)
            ahead = ""
            if answer.finish_reason == "length":
                raise UnreadableMedia(
                    f"{record.source}: the answer was cut off after {answer.usage.completion_tokens} tokens; expected "
                    "a whole one. Allow more tokens."
                )
            yield {"role": "assistant", "content": answer.text}
        elif message.role == "system":
            ahead = f"{message.text}\n\n"
            yield {"role": "system", "content": message.text}


def _content(draft: Draft, message: Message, folder: Path, home: Path) -> list[Line]:
    media = iter(message.media)
    return [
        {"type": "text", "text": part.text} if isinstance(part, Text) else _medium(part, next(media), folder, home)
        for part in draft.parts
    ]


def _medium(reference: Reference, medium: Media, folder: Path, home: Path) -> Line:
    """A path as it is seen from `home`; what is no file of its own is written down whole."""
    given = located(reference, folder)
    if isinstance(given, bytes):
        given = f"data:application/octet-stream;base64,{base64.b64encode(given).decode()}"
    elif isinstance(given, Path):
        given = os.path.relpath(given, home)
    return {"type": medium.modality, medium.modality: given}
