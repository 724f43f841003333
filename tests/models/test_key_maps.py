"""Every family that others have has a map, and one that has none is named."""

from importlib import import_module
from pathlib import Path

import pytest

from sensorium.core.errors import UsageError
from sensorium.models.catalog import FAMILIES
from sensorium.models.key_maps import MAPS, OWN_NAMES, family_map


@pytest.mark.parametrize("family", [name for name in FAMILIES.names() if name not in OWN_NAMES])
def test_every_family_has_a_map(family: str) -> None:
    assert callable(import_module(f"sensorium.models.{family}.config").read_config)
    module, _, name = MAPS.get(family, f"sensorium.models.{family}.rules:rules").partition(":")
    assert callable(getattr(import_module(module), name))


def test_a_family_without_a_map_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="models of the family nowhere can be neither written nor adapted"):
        family_map("nowhere", tmp_path)
