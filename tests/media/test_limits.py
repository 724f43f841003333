"""Limits are sound or refused."""

from typing import Any

import pytest

from sensorium.core.errors import ConfigError
from sensorium.media.limits import Limits


@pytest.mark.parametrize("wrong", [{"frames": 0}, {"pixels": -1}, {"aspect": float("nan")}, {"audio_seconds": 1e999}])
def test_a_limit_is_a_number_above_zero(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=rf"limit {next(iter(wrong))} is .*expected a number above 0"):
        Limits(**wrong)


def test_defaults_are_sound() -> None:
    assert Limits().frames == 16
