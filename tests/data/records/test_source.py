"""Records in order and by number are the same ones."""

from pathlib import Path

from sensorium.data.records.source import open_records


def test_in_order_as_by_number(boots: Path) -> None:
    records = open_records(boots)
    assert list(records) == [records[number] for number in range(len(records))]
    assert (len(records), records.media) == (40, boots.parent)
    assert records[7].source == f"{boots}, record 7"
    assert records[7].references[0].source == "7.png"
