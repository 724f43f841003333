"""What lasts is left alone by the collector, which runs again afterwards, whatever happened."""

import gc

import pytest

from sensorium.core.collection import lasting


def test_nothing_is_collected_meanwhile_and_what_stays_is_out_of_its_sight() -> None:
    frozen = gc.get_freeze_count()
    with lasting():
        assert not gc.isenabled()
        made = [[each] for each in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= frozen + len(made)
    gc.unfreeze()


def test_after_an_error_the_collector_runs_again() -> None:
    frozen = gc.get_freeze_count()
    with pytest.raises(ImportError, match="torch"), lasting():
        raise ImportError("torch")
    assert gc.isenabled()
    assert gc.get_freeze_count() <= frozen


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with lasting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
