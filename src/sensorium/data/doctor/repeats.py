"""Records that repeat each other: in one split a waste, across splits an answer that validation already knows."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sensorium.data.doctor.examine import Examined
from sensorium.data.doctor.findings import Finding
from sensorium.data.records.record import Fault, Kind, Record

NEAR = 7
"""Bits of 128 in which the looks of two pictures may differ."""

_BANDS = 8  # of 16 bits: up to seven differing bits leave one band equal
_CROWD = 200
"""Pictures with one band, of which no more are compared."""


@dataclass(frozen=True)
class Trace:
    """What is kept of a record to find its like: hashes of its texts and answers, and the numbers of its media."""

    number: int
    source: str
    split: str
    texts: bytes
    answers: bytes
    media: tuple[int, ...]


def trace(record: Record, split: str, media: tuple[int, ...]) -> Trace:
    """What is to be remembered of a record."""
    texts, answers = hashlib.blake2b(digest_size=16), hashlib.blake2b(digest_size=16)
    for message in record.messages:
        said = f"{message.role}\0{' '.join(message.text.split())}\0".encode()
        texts.update(said)
        if message.role == "assistant":
            answers.update(said)
    return Trace(record.number, record.source, split, texts.digest(), answers.digest(), media)


def repeats(traces: Sequence[Trace], media: Sequence[Examined]) -> Iterator[Finding]:
    """Duplicates within a split, answers that leak between splits, and media that are alike in two of them."""
    whole: dict[tuple[object, ...], Trace] = {}
    told: dict[tuple[object, ...], Trace] = {}
    leaked: set[str] = set()
    for each in traces:
        shown = tuple(media[number].digest for number in each.media)
        if b"" in shown or not (shown or each.texts):
            continue
        first = whole.setdefault((each.split, each.texts, shown), each)
        if first is not each:
            yield _finding(each, "duplicate", f"the same as {first.source}", "Leave one out.")
        known = told.setdefault((each.answers, shown) if shown else (each.texts,), each)
        if known.split != each.split:
            leaked.add(each.source)
            what = f"the same media and answers are in {_named(known)}" if shown else f"the same as {_named(known)}"
            yield _finding(each, "leak", what, "Keep them in one split, else validation measures memory.")
    yield from _alike([each for each in traces if each.source not in leaked], media)


def _alike(traces: Sequence[Trace], media: Sequence[Examined]) -> Iterator[Finding]:
    """Once a record: media of it that are, or look like, those of an earlier split."""
    if len({each.split for each in traces}) < 2:
        return
    same: dict[bytes, Trace] = {}
    bands: dict[tuple[int, int], list[tuple[int, Trace]]] = defaultdict(list)
    for each in traces:
        for number in each.media:
            digest, look = media[number].digest, media[number].look
            if not digest:
                continue
            known = same.setdefault(digest, each)
            how = "shows a medium of"
            if known.split == each.split and look is not None:
                known = _near(look, each, bands)
                how = "shows a picture that looks like one of"
            if known.split != each.split:
                yield _finding(each, "alike", f"{how} {_named(known)}", "Keep what shows one thing in one split.")
                break


def _near(look: int, one: Trace, bands: dict[tuple[int, int], list[tuple[int, Trace]]]) -> Trace:
    """A record of another split with a picture that looks so, else the record itself; then it is remembered."""
    found = one
    for band in range(_BANDS):
        crowd = bands[band, look >> 16 * band & 0xFFFF]
        near = (other for seen, other in crowd if other.split != one.split and (seen ^ look).bit_count() <= NEAR)
        found = next(near, found) if found is one else found
        if len(crowd) < _CROWD:
            crowd.append((look, one))
    return found


def _named(one: Trace) -> str:
    return f"{one.source} (split '{one.split}')"


def _finding(one: Trace, kind: Kind, what: str, advice: str) -> Finding:
    return Finding(one.number, one.source, Fault(kind, what, advice))
