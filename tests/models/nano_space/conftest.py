"""A tiny space."""

from pathlib import Path

import pytest

from sensorium.models.nano_space.folder import begin
from sensorium.models.nano_space.placer import NanoSpace


@pytest.fixture
def tiny_space(tiny_folder: Path) -> NanoSpace:
    """Begun from the tiny nano."""
    return begin(tiny_folder)
