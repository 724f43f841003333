"""A report by kind, and as JSON."""

import json

from sensorium.data.doctor.findings import MEANING, Finding, Report, lost
from sensorium.data.records.record import Fault, Kind


def finding(number: int, kind: Kind) -> Finding:
    return Finding(number, f"a.json, record {number}", Fault(kind, "what", "Do it."))


def test_by_kind_worst_first() -> None:
    report = Report(9, 8, 7, (finding(1, "duplicate"), finding(2, "missing"), finding(3, "duplicate")))
    assert [(kind, len(found)) for kind, found in report.by_kind()] == [("missing", 1), ("duplicate", 2)]
    assert not report.sound
    assert Report(9, 8, 7, (finding(1, "duplicate"),)).sound
    assert str(report.findings[0]) == "a.json, record 1: what. Do it."


def test_what_is_lost() -> None:
    assert lost([finding(1, "missing"), finding(1, "empty"), finding(2, "leak"), finding(3, "unplaced")]) == 1


def test_json() -> None:
    told = json.loads(json.dumps(Report(1, 0, 0, (finding(0, "empty"),)).as_dict()))
    assert told["counts"] == {"empty": 1}
    assert told["findings"] == [
        {"number": 0, "record": "a.json, record 0", "kind": "empty", "what": "what", "advice": "Do it."}
    ]


def test_every_kind_is_explained() -> None:
    from typing import get_args

    assert set(MEANING) == set(get_args(Kind))
