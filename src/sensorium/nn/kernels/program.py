"""A program: operations in a table of numbers, done one after the other by all threads together.

    operation   19 numbers of 64 bits: which it is, then addresses and sizes
    program     how many operations, their address

Between two of them all threads wait for each other, which takes a fraction of a microsecond: PyTorch's OpenMP has its
threads at hand. Nothing here allocates, and nothing returns to Python before the end.
"""

from typing import Any

from sensorium.nn.kernels.lanes import STAMP, compiled, field, numba, wait
from sensorium.nn.kernels.pages import look
from sensorium.nn.kernels.products import product
from sensorium.nn.kernels.small import gate, norm, turn
from sensorium.nn.kernels.table import FIELDS, GATE, LOOK, NORM, PRODUCT, TURN

_types = numba.types
_own_number = _types.ExternalFunction("omp_get_thread_num", _types.int32())
_how_many = _types.ExternalFunction("omp_get_num_threads", _types.int32())


@compiled
def _run(program: int, thread: int, threads: int) -> None:
    operation, end = field(program, 1), field(program, 1) + 8 * FIELDS * field(program, 0)
    while operation < end:
        kind = field(operation, 0)
        if kind == PRODUCT:
            product(operation, thread, threads)
        elif kind == NORM:
            norm(operation, thread, threads)
        elif kind == TURN:
            turn(operation, thread, threads)
        elif kind == LOOK:
            look(operation, thread, threads)
        elif kind == GATE:
            gate(operation, thread, threads)
        operation += 8 * FIELDS
        if operation < end:
            wait()


def _entry(stamp: int) -> Any:
    def run(program: int) -> None:
        if stamp:  # what this closes over is part of the name under which machine code is kept
            _run(program, _types.int64(_own_number()), _types.int64(_how_many()))

    return numba.cfunc(_types.void(_types.int64), cache=True)(run)


run = _entry(STAMP)
"""Called by every thread of a team with the program's address."""
