"""Many media go through worker processes, and come back in order."""

from pathlib import Path

from tests.data.pictures import picture

from sensorium.data.doctor import media as module
from sensorium.data.doctor.examine import Exam
from sensorium.data.doctor.media import Examiner
from sensorium.data.records.record import Reference


def test_in_order_through_processes(tmp_path: Path) -> None:
    good = picture()
    with Examiner(Exam(), workers=1) as examiner:
        numbers = [examiner.add(Reference(f"{number}.png"), tmp_path) for number in range(module._CHUNK)]
        numbers.append(examiner.add(Reference(good), tmp_path))
        found = examiner.results()
    assert numbers == list(range(module._CHUNK + 1))
    assert len(found) == len(examiner) == module._CHUNK + 1
    assert {each.fault.kind for each in found[:-1] if each.fault} == {"missing"}
    assert f"{tmp_path / '7.png'}" in str(found[7].fault)
    assert found[-1].digest


def test_each_medium_once(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture())
    with Examiner(Exam(), workers=0) as examiner:
        given = [Reference("a.png"), Reference(picture()), Reference("a.png"), Reference(picture()), Reference("b.png")]
        assert [examiner.add(each, tmp_path) for each in given] == [0, 1, 0, 1, 2]
        first, second, third = examiner.results()
    assert first.digest == second.digest
    assert third.fault is not None
