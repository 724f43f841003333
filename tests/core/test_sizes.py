"""Sizes that no network has are refused by name."""

import pytest

from sensorium.core.errors import ConfigError
from sensorium.core.sizes import check_sizes


def test_sizes_of_large_networks_pass() -> None:
    check_sizes("decoder", layers=126, heads=128, head_width=256, width=18_432, hidden=73_728, vocabulary=262_400)


@pytest.mark.parametrize("layers", [-1, 0, 1025, 1_000_000_000])
def test_others_are_refused(layers: int) -> None:
    with pytest.raises(ConfigError, match=f"decoder: layers is {layers}; expected 1 to 1024. Correct"):
        check_sizes("decoder", width=8, layers=layers)
