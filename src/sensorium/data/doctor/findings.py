"""What the doctor found: findings of records, and the report of all."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import get_args

from sensorium.data.records.record import HARMLESS, TRAINED, Fault, Kind

MEANING: dict[Kind, str] = {
    "unreadable": "the row is not what its format says",
    "order": "question and answer do not take turns",
    "empty": "an answer, or a whole message, is empty",
    "placeholders": "media and their places do not agree in number",
    "missing": "a medium is not there",
    "corrupt": "a medium is damaged or cut short",
    "unsupported": "a medium is of a kind that is not read",
    "oversize": "a medium is larger, longer or odder than the limits allow",
    "long": "more tokens than the model takes",
    "leak": "the same media with the same answers are in another split",
    "alike": "a medium is, or looks like, one of another split",
    "duplicate": "media and texts are those of an earlier record",
    "unplaced": "media without a place in the text, put before it",
}


@dataclass(frozen=True)
class Finding:
    """A fault of one record: its number in its file, and `source`, which names both."""

    number: int
    source: str
    fault: Fault

    def __str__(self) -> str:
        return f"{self.source}: {self.fault.what}. {self.fault.advice}"


@dataclass(frozen=True)
class Report:
    """All about some files.

    records: in all of them. usable: that can be trained on. media: different ones that are named.
    """

    records: int
    usable: int
    media: int
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was found, or only what may be meant."""
        return all(finding.fault.kind in HARMLESS for finding in self.findings)

    def by_kind(self) -> Iterator[tuple[Kind, Sequence[Finding]]]:
        """The findings of each kind that there are, worst first."""
        for kind in get_args(Kind):
            found = [finding for finding in self.findings if finding.fault.kind == kind]
            if found:
                yield kind, found

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "records": self.records,
            "usable": self.usable,
            "media": self.media,
            "counts": dict(Counter(finding.fault.kind for finding in self.findings)),
            "findings": [
                {"number": each.number, "record": each.source, **asdict(each.fault)} for each in self.findings
            ],
        }


def lost(findings: Sequence[Finding]) -> int:
    """How many records cannot be trained on."""
    return len({finding.source for finding in findings if finding.fault.kind not in TRAINED})
