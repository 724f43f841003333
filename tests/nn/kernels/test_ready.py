"""Kernels are loaded when they are wanted, not before, and can be done without."""

import subprocess
import sys

import pytest
import torch

from sensorium.nn.kernels import ready
from sensorium.nn.linear import linear

SMALL = """
import sys, torch
from sensorium.nn.linear import linear
with torch.inference_mode():
    linear(torch.ones(1, 64).bfloat16(), torch.ones(64, 64).bfloat16())
print("numba" in sys.modules)
"""


def test_small_models_do_not_load_numba() -> None:
    done = subprocess.run([sys.executable, "-c", SMALL], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("switch", ["1", ""])
def test_the_switch(switch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    monkeypatch.setenv(ready.PLAIN, switch)
    found = ready.runner.__wrapped__()
    assert found is None if switch else True


def test_without_numba_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sensorium.nn.kernels.program", raising=False)
    monkeypatch.delitem(sys.modules, "sensorium.nn.kernels.lanes", raising=False)
    monkeypatch.setitem(sys.modules, "numba", None)
    assert ready.runner.__wrapped__() is None


def test_who_learns_is_left_to_pytorch() -> None:
    weight = torch.ones(512, 512, dtype=torch.bfloat16, requires_grad=True)
    x = torch.ones(1, 512, dtype=torch.bfloat16)
    assert not ready.wanted(x, weight)
    linear(x, weight).sum().backward()
    assert weight.grad is not None
    with torch.no_grad():
        assert ready.wanted(x, weight)
