from sensorium.core.names import did_you_mean


def test_close_names_are_offered() -> None:
    assert did_you_mean("warmpu", ["warmup", "steps"]) == " Did you mean 'warmup'?"


def test_nothing_is_offered_when_nothing_is_close() -> None:
    assert did_you_mean("zzz", ["warmup", "steps"]) == ""
