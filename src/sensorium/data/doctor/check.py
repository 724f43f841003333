"""Check files of records: `check([open_records("train.json")])`. Nothing is trained, changed or written."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sensorium.core.errors import InputError, LimitExceeded
from sensorium.data.doctor.examine import Exam, Examined
from sensorium.data.doctor.findings import Finding, Report, lost
from sensorium.data.doctor.lens import Lens
from sensorium.data.doctor.media import Examiner
from sensorium.data.doctor.repeats import Trace, repeats, trace
from sensorium.data.records.media import read_messages
from sensorium.data.records.record import Fault, Record
from sensorium.data.records.source import Records

Progress = Callable[[int], None]
"""Hears how many records were looked at."""


def check(
    sets: Sequence[Records],
    *,
    thorough: bool = False,
    lens: Lens | None = None,
    workers: int | None = None,
    progress: Progress = lambda _done: None,
) -> Report:
    """Look at every record.

    Args:
        sets: files; each is a split of its own, unless its records say to which they belong.
        thorough: decode all media whole; otherwise only those whose header or end looks odd.
        lens: count tokens as this model does, which decodes all media in this process.
        workers: processes that examine media, 0 for none; None for one a core. Scripts that let it start some need
            their `if __name__ == "__main__":`.
        progress: hears how far it is.

    Raises: UnreadableMedia for a file that can no longer be read.
    """
    findings: list[Finding] = []
    traces: list[Trace] = []
    records = 0
    exam = Exam(thorough=thorough, looks=_splits(sets))
    with Examiner(exam, workers=workers) as examiner:
        for each in sets:
            for record in each:
                findings += [Finding(record.number, record.source, fault) for fault in record.faults]
                split = record.split or (str(each.path) if len(sets) > 1 else "")
                numbers = tuple(examiner.add(reference, each.media) for reference in record.references)
                if record.messages:
                    traces.append(trace(record, split, numbers))
                if lens is not None and record.usable:
                    findings += _too_long(record, each.media, lens)
                records += 1
                progress(records)
        media = examiner.results()
    findings += _of_media(traces, media)
    findings += repeats(traces, media)
    return Report(records, records - lost(findings), len(media), tuple(findings))


def _splits(sets: Sequence[Records]) -> bool:
    """Whether there may be more than one split, as far as the first records tell."""
    return len(sets) > 1 or any(record.split for each in sets for record, _ in zip(each, range(100), strict=False))


def _of_media(traces: Sequence[Trace], media: Sequence[Examined]) -> Iterator[Finding]:
    for each in traces:
        for number in each.media:
            fault = media[number].fault
            if fault is not None:
                yield Finding(each.number, each.source, fault)


def _too_long(record: Record, folder: Path, lens: Lens) -> Iterator[Finding]:
    """What the model says of a record; damaged media are found elsewhere."""
    try:
        talk = read_messages(record, folder)
    except InputError:
        return
    try:
        count = len(lens.assembler.talk(talk, ask=False).ids)
    except LimitExceeded as error:
        yield Finding(
            record.number, record.source, Fault("long", str(error).partition(". ")[0], "Shorten or split it.")
        )
    except InputError as error:
        yield Finding(
            record.number, record.source, Fault("unsupported", str(error).partition(". ")[0], "Leave it out.")
        )
    else:
        if count > lens.max_tokens:
            what = f"{count} tokens, pictures and sounds included; {lens.name} takes {lens.max_tokens}"
            yield Finding(record.number, record.source, Fault("long", what, "Shorten or split it."))
