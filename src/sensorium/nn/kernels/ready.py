"""Whether kernels can run here, and running them. Looking costs nothing until a model is worth it: Numba comes then.

`SENSORIUM_PLAIN=1` keeps to PyTorch.
"""

import ctypes
import importlib
import os
from functools import lru_cache

import torch
from torch import Tensor

from sensorium.nn.kernels.table import Run

PLAIN = "SENSORIUM_PLAIN"


@lru_cache(maxsize=1)
def runner() -> Run | None:
    """What runs programs; None without Numba, or where PyTorch's threads are not OpenMP's. Takes a second at first."""
    process = ctypes.CDLL(None) if os.name == "posix" else None
    if os.environ.get(PLAIN) or not hasattr(process, "GOMP_parallel"):
        return None
    try:
        entry = importlib.import_module("sensorium.nn.kernels.program").run
    except ImportError:  # no Numba
        return None
    team = ctypes.CDLL(None).GOMP_parallel
    team.argtypes, team.restype = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint), None
    function = entry.address

    def run(operations: Tensor, threads: int) -> None:
        program = (ctypes.c_int64 * 16)(operations.shape[1], operations.data_ptr())
        team(function, ctypes.addressof(program), threads, 0)

    return run


def wanted(x: Tensor, *weights: Tensor) -> bool:
    """Whether kernels may take rows `x`: on a CPU, with nothing to learn and nobody tracing."""
    return x.device.type == "cpu" and not (
        torch.compiler.is_compiling()
        or (torch.is_grad_enabled() and (x.requires_grad or any(each.requires_grad for each in weights)))
    )
