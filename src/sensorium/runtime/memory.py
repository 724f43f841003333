"""Whether a model fits into the memory that is free, before it is loaded."""

from pathlib import Path

from sensorium.core.errors import ModelError
from sensorium.models.catalog import memory_for


def check_fit(folder: Path, *, smaller: str) -> None:
    """Refuse a model that would not fit.

    Args:
        folder: with safetensors weights.
        smaller: what to advise instead.

    Raises: ModelError with what is needed and what is free.
    """
    needed = memory_for(sum(path.stat().st_size for path in folder.glob("*.safetensors")))
    free = available()
    if free is not None and needed > free:
        raise ModelError(
            f"{folder.name}: needs about {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free. Close "
            f"other programs, or take a smaller model, for example {smaller}."
        )


def available() -> int | None:
    """Bytes that can be had without swapping, as Linux says; None on systems that do not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None
