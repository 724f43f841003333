"""Kernels for decoding on a CPU: what is read once a token is read at the pace of memory.

They are written in Python and compiled by Numba to the processor's own vectors, once a machine: the machine code is
kept on disk. Threads are PyTorch's own. `ready.py` says whether they can run here; where they cannot (no Numba, no
OpenMP of GCC's kind), callers do the same in PyTorch. Nothing else in here may be imported before that: the others
import Numba, 0.3 s.

    lanes.py     sixteen numbers at a time: loads, products, sums
    weave.py     numbers of two registers among each other
    products.py  rows times a weight of sixteen, eight or four bits
    pages.py     attention of one token over pages of keys and values, stretch by stretch
    halves.py    a stretch of sixteen bits
    coded.py     a stretch of eight
    small.py     norm, rotary positions, gates
    team.py      threads that wait for each other
    program.py   a list of the above, run by all threads without returning to Python
"""
