"""The way in takes names and paths, and refuses anything else before it looks for a model."""

from pathlib import Path
from typing import Any

import pytest

import sensorium
from sensorium.core.errors import UsageError


@pytest.mark.parametrize("name", [None, 5])
def test_what_is_no_name(name: Any) -> None:
    with pytest.raises(UsageError, match="model: got a"):
        sensorium.load(name)


def test_a_path(tiny_folder: Path) -> None:
    assert sensorium.load(tiny_folder).name == sensorium.load(str(tiny_folder)).name == str(tiny_folder)
