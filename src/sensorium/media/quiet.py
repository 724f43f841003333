"""Keep picture decoders quiet: Pillow warns about odd files, libtiff prints about damaged ones.

What matters to the user is said in our own errors and notices. Both ways of speaking belong to the whole process, so
they are silenced while at least one picture is being read, in any thread, and restored by the last one out.
"""

import ctypes
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PIL import _imaging


class _Quiet:
    """Counts the readers and keeps what is to be restored."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers = 0
        self._warnings: warnings.catch_warnings[Any] | None = None
        self._messages: int | None = None

    def enter(self) -> None:
        with self._lock:
            if not self._readers:
                self._warnings = warnings.catch_warnings()
                self._warnings.__enter__()
                warnings.simplefilter("ignore")
                self._messages = _swap_tiff_handler(None)
            self._readers += 1

    def leave(self) -> None:
        with self._lock:
            self._readers -= 1
            if not self._readers and self._warnings:
                self._warnings.__exit__(None, None, None)
                _swap_tiff_handler(self._messages)


_quiet = _Quiet()


@contextmanager
def quiet_decoders() -> Iterator[None]:
    """Silence Pillow's warnings and libtiff's messages."""
    _quiet.enter()
    try:
        yield
    finally:
        _quiet.leave()


def _swap_tiff_handler(handler: int | None) -> int | None:
    """Set libtiff's printer of errors, None for silence, and return the one before."""
    try:
        swap = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError):  # linked so that it cannot be reached: its messages stay
        return None
    swap.argtypes, swap.restype = [ctypes.c_void_p], ctypes.c_void_p
    before: int | None = swap(handler)
    return before
