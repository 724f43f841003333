"""Threads that wait for each other: those of a program, between operations whose results they share."""

import importlib
import platform
from typing import Any

from sensorium.nn.kernels.lanes import address, compiled, nothing, numba, operation

_cgutils = importlib.import_module("numba.core.cgutils")
_ir = importlib.import_module("llvmlite.ir")
_PAUSE = {"x86_64": "llvm.x86.sse2.pause", "AMD64": "llvm.x86.sse2.pause"}.get(platform.machine())
_sleep = numba.types.ExternalFunction("usleep", numba.types.int32(numba.types.uint32))

SPINS = 2000
"""How often a thread looks for the others before it sleeps: some tens of microseconds, longer than the others take if
they run at all. One that has lost its core to another program is away for milliseconds. To go on looking would use up
this thread's own turn, and to give the turn away (sched_yield) forfeits it; who sleeps keeps it."""
NAP = 50
"""Microseconds of sleep between looks."""


def _word(b: Any, where: Any) -> Any:
    return b.inttoptr(where, _ir.IntType(64).as_pointer())


@operation(address, address)
def _arrive(b: Any, counter: Any) -> Any:
    """Count one more; what it was. Others who have seen it see all that was written before."""
    return b.atomic_rmw("add", _word(b, counter), _ir.IntType(64)(1), "acq_rel")


@operation(address, address)
def _arrived(b: Any, counter: Any) -> Any:
    """How many have been counted."""
    return b.load_atomic(_word(b, counter), "acquire", 8)


@operation(nothing)
def _pause(b: Any) -> None:
    """A moment, in which a core may do other things."""
    if _PAUSE:
        kind = _ir.FunctionType(_ir.VoidType(), [])
        b.call(_cgutils.get_or_insert_function(b.module, kind, _PAUSE), [])


@compiled
def meet(counter: int, threads: int) -> None:
    """Wait until all threads are here. Inputs: counter: where a number of 64 bits is, 0 before the first meeting."""
    if threads == 1:
        return
    until = (_arrive(counter) // threads + 1) * threads
    spins = 0
    while _arrived(counter) < until:
        if spins < SPINS:
            spins += 1
            _pause()
        else:
            _sleep(NAP)
