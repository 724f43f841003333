"""A model that does not fit is refused before it is loaded."""

from pathlib import Path

import pytest

from sensorium.core.errors import ModelError
from sensorium.runtime import memory


def test_what_is_free_is_known_here() -> None:
    free = memory.available()
    assert free is None or free > 10**7


def test_a_model_that_is_too_large_is_refused_with_both_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.safetensors", "b.safetensors"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(1_000_000_000)
    monkeypatch.setattr(memory, "available", lambda: 2_000_000_000)
    with pytest.raises(ModelError, match=r"needs about 2\.6 GB of memory, and 2\.0 GB are free.*example org/small"):
        memory.check_fit(tmp_path, smaller="org/small")
    monkeypatch.setattr(memory, "available", lambda: 3_000_000_000)
    memory.check_fit(tmp_path, smaller="org/small")
    monkeypatch.setattr(memory, "available", lambda: None)
    memory.check_fit(tmp_path, smaller="org/small")
