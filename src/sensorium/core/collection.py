"""Python's collector of cyclic garbage, kept away from what stays for good.

PyTorch is half a million objects. While it is imported the collector looks through them again and again, and later once
more every few hundred thousand objects: a quarter of the time to load a small model, and a tenth of a second each time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting() -> Iterator[None]:
    """What is imported in this block stays: nothing is collected meanwhile, and what is there at its end never is."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if running:
            gc.enable()
