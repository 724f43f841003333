"""The benchmark of load, for a short while: what it counts, and that nothing is lost."""

import asyncio
import importlib.util
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.serving.conftest import Start
from tests.serving.hardening.test_caches import engine

from sensorium.serving.limits import ServerLimits

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(FOLDER)
    spec = importlib.util.spec_from_file_location("serving_load", FOLDER / "serving_load.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.modules.pop("load_requests", None)


@pytest.mark.slow
def test_nothing_is_lost_under_load(load: ModuleType, start: Start) -> None:
    with start(keys=(), limits=ServerLimits(at_once=1_000)) as server:
        herd = asyncio.run(load.herd(server.port, "tiny", 100))
        assert set(herd["statuses"]) <= {200, 429}
        assert herd["live_asked"] > 0
        soak = asyncio.run(load.soak(server.port, "tiny", [os.getpid()], 0.0, size=60))  # three rounds
        assert (soak["lost"], soak["different"], soak["files_more"]) == (0, 0, 0)
        assert {"good"} <= set(soak["counts"]) <= {"good", "left", "refused"}
        memory = engine(server).memory
        assert memory.known.make_room(memory.pool.count)
        assert memory.pool.free == memory.pool.count


def test_slopes_have_intervals(load: ModuleType) -> None:
    assert load.slope([1.0, 2.0], 1.0) == (-math.inf, math.inf)
    low, high = load.slope([0.0, 1.1, 1.9, 3.0, 4.1], 0.5)
    assert low < 2.0 < high
    assert high - low < 1.0
    low, high = load.slope([5.0, 5.2, 5.0, 5.2, 5.0, 5.2], 1.0)
    assert low < 0 < high


def test_what_is_wrong_is_listed(load: ModuleType) -> None:
    told: dict[str, Any] = {
        "herd": {"statuses": {200: 9, 0: 1}, "live_p99_seconds": 0.1},
        "soak": {
            "lost": 0,
            "different": 2,
            "memory_slope_mib_per_1000": (-0.1, 0.2),
            "files_more": 0,
            "threads_more": 0,
        },
        "death": {"told_after_seconds": 0.1, "untold": 0},
    }
    assert load.wrong(told) == ["herd: {200: 9, 0: 1}", "soak: 2 other than alone"]
