"""What this machine allows: bytes that all cores read from memory, and products of matrices, a second."""

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import torch

READ = 1 << 28
"""Bytes that are read at a time: more than caches hold."""

SIDE = 1536
"""Of the square matrices that are multiplied."""

TIMES = 8
"""The best counts: nothing makes a machine faster than it is, much makes it slower."""


@dataclass(frozen=True)
class Machine:
    """A processor at rest. products: floating-point operations a second by the names of types."""

    processor: str
    threads: int
    bytes_per_s: float
    products: dict[str, float]


def machine() -> Machine:
    """Measure; takes a second or two."""
    products = {name(dtype): products_per_s(dtype) for dtype in (torch.float32, torch.bfloat16)}
    return Machine(processor(), torch.get_num_threads(), bytes_per_s(), products)


def bytes_per_s() -> float:
    """Bytes a second that all threads read together."""
    numbers = torch.ones(READ // 8, dtype=torch.int64)
    return READ / min(_timed(numbers.sum) for _ in range(TIMES))


def products_per_s(dtype: torch.dtype) -> float:
    """Floating-point operations a second in products of matrices."""
    one = torch.ones(SIDE, SIDE, dtype=dtype)
    with torch.inference_mode():
        return 2 * SIDE**3 / min(_timed(lambda: one @ one) for _ in range(TIMES))


def name(dtype: torch.dtype) -> str:
    """As people write it: bf16, fp32."""
    return {torch.bfloat16: "bf16", torch.float16: "fp16", torch.float32: "fp32"}.get(dtype, str(dtype))


def processor() -> str:
    """What it is called, and how many cores it shows."""
    called = platform.processor() or platform.machine()
    listed = Path("/proc/cpuinfo")
    if listed.is_file():
        lines = listed.read_text(encoding="utf-8", errors="replace").splitlines()
        called = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), called)
    return f"{called}, {os.cpu_count()} cores"


def _timed(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began
