"""A file of records as a domain that a recipe draws from.

Which records are held out depends on what they show: records of one medium (or, without media, with one first question)
are on the same side, so that no answer leaks to validation by being asked twice. A record that cannot be used is noted,
and another one taken: the same one for the same generator state.
"""

import hashlib
from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import InputError, UnreadableMedia
from sensorium.data.readers.splits import checked
from sensorium.data.records.media import read_messages
from sensorium.data.records.record import TRAINED, Extent, Record, Reference
from sensorium.data.records.skipped import Skipped
from sensorium.data.records.source import Records
from sensorium.data.records.told import Told, tell

TRIES = 50
"""Records in a row that may be unusable."""

Numbers = NDArray[np.int64]


class RecordDomain:
    """Satisfies `data.sample.Domain`."""

    def __init__(self, name: str, records: Records, *, validation: Records | float, skipped: Skipped) -> None:
        """Take records.

        Args:
            name: as written in the recipe.
            records: to train on.
            validation: other records, or the share of these that is held out.
            skipped: is told what is left out.
        """
        self._name = name
        self._records = records
        self._validation = validation
        self.skipped = skipped

    @property
    def name(self) -> str:
        """As written in the recipe."""
        return self._name

    @cached_property
    def _numbers(self) -> tuple[Numbers, Numbers]:
        """The usable records to train on, and those held out, by one pass over the file."""
        numbers, places = [], []
        for record in self._usable(self._records):
            numbers.append(record.number)
            places.append(_place(record))
        mine, ahead = np.array(numbers, np.int64), np.zeros(len(numbers), bool)
        if isinstance(self._validation, Records):
            held_out = np.array([record.number for record in self._usable(self._validation)], np.int64)
        else:
            ahead = _first(np.array(places), self._validation)
            held_out = mine[ahead]
        train = mine[~ahead]
        if not len(train):
            raise UnreadableMedia(
                f"{self._records.path}: no record to train on. See what is wrong with: sensorium data check "
                f"{self._records.path}"
            )
        return train, held_out

    def _usable(self, records: Records) -> Iterator[Record]:
        """Those without a fault, in order; the others are noted."""
        for record in records:
            if record.usable:
                yield record
            else:
                fault = next(each for each in record.faults if each.kind not in TRAINED)
                self.skipped.note(record.source, f"{fault.what}. {fault.advice}")

    @property
    def validation_size(self) -> int:
        """How many records are held out."""
        return len(self._numbers[1])

    def train(self, rng: np.random.Generator) -> Told:
        """One random record with all its turns. Raises: UnreadableMedia when too many in a row are unusable."""
        train, _ = self._numbers
        for _ in range(TRIES):
            told = self._told(self._records, int(train[rng.integers(len(train))]))
            if told is not None:
                return told
        raise self._hopeless(TRIES)

    def validation(self, index: int) -> Told:
        """The record held out under that number, or the next usable one, with its first turn.

        Raises: UsageError for an index out of range; UnreadableMedia when too many in a row are unusable.
        """
        held_out = self._numbers[1]
        source = self._validation if isinstance(self._validation, Records) else self._records
        checked(index, len(held_out), self.name)
        tries = min(TRIES, len(held_out))
        for further in range(tries):
            told = self._told(source, int(held_out[(index + further) % len(held_out)]), turns=1)
            if told is not None:
                return told
        raise self._hopeless(tries)

    def _told(self, records: Records, number: int, turns: int | None = None) -> Told | None:
        """A record as a sample; None, and noted, for one whose media cannot be read."""
        record = records[number]
        try:
            talk = read_messages(record, records.media)
        except InputError as error:
            self.skipped.note(record.source, error)
            return None
        if turns is not None:
            talk = talk[: 1 + [message.role for message in talk].index("assistant")]
        return tell(talk, domain=self.name, source=record.source)

    def _hopeless(self, tries: int) -> UnreadableMedia:
        return UnreadableMedia(
            f"{self._records.path}: {tries} records in a row cannot be used. See what is wrong with: sensorium data "
            f"check {self._records.path}"
        )


def _first(places: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """Which places are among the first `share` of all, at least one; none where that would leave none behind."""
    if not len(places) or not share:
        return np.zeros(len(places), bool)
    last = np.sort(places)[max(round(share * len(places)), 1) - 1]
    first: NDArray[np.bool_] = places <= last
    return first if not first.all() else ~first


def _place(record: Record) -> float:
    """Where a record stands between 0 and 1, by its first medium, else its first question."""
    match next(iter(record.references), None):
        case None:
            key = next((message.text for message in record.messages if message.role == "user"), "").encode()
        case Reference(bytes(data)):
            key = data
        case Reference(Extent() as extent):
            key = f"{extent.file.name} {extent.offset}".encode()
        case Reference(path):
            key = str(path).encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") / 2**64
