"""A program: operations in a table of numbers, done one after the other by all threads together.

    operation   20 numbers of 64 bits: which it is, then addresses and sizes; the last says how threads do it
    table       of each thread the same operations, with the addresses of what is its own
    program     how many operations, the table's address; 64 bytes on, how often threads have met; 128 bytes

Threads wait for each other only behind what they have shared out and the next operation takes from all of them. Small
things each does for itself: a norm of a row or two is done sooner than a meeting, and far sooner where one of the
threads has lost its core to another program. Nothing here allocates, and nothing returns to Python before the end.
"""

from typing import Any

from sensorium.nn.kernels.lanes import STAMP, compiled, field, numba
from sensorium.nn.kernels.pages import look
from sensorium.nn.kernels.products import product
from sensorium.nn.kernels.small import gate, norm, turn
from sensorium.nn.kernels.table import ALONE, FIELDS, GATE, LOOK, NORM, PRODUCT, SHARED, TURN
from sensorium.nn.kernels.team import meet

_types = numba.types
_own_number = _types.ExternalFunction("omp_get_thread_num", _types.int32())
_how_many = _types.ExternalFunction("omp_get_num_threads", _types.int32())


@compiled
def _run(program: int, thread: int, threads: int) -> None:
    size, meetings = 8 * FIELDS * field(program, 0), program + 64
    operation = field(program, 1) + size * thread
    end = operation + size
    while operation < end:
        kind, how = field(operation, 0), field(operation, FIELDS - 1)
        first, step = (0, 1) if how == ALONE else (thread, threads)
        if kind == PRODUCT:
            product(operation, first, step)
        elif kind == NORM:
            norm(operation, first, step)
        elif kind == TURN:
            turn(operation, first, step)
        elif kind == LOOK:
            look(operation, first, step, meetings)
        elif kind == GATE:
            gate(operation, first, step)
        operation += 8 * FIELDS
        if how == SHARED and operation < end:
            meet(meetings, threads)


def _entry(stamp: int) -> Any:
    def run(program: int) -> None:
        if stamp:  # what this closes over is part of the name under which machine code is kept
            _run(program, _types.int64(_own_number()), _types.int64(_how_many()))

    return numba.cfunc(_types.void(_types.int64), cache=True)(run)


run = _entry(STAMP)
"""Called by every thread of a team with the program's address."""
