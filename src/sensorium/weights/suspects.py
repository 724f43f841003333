"""Which key of a config.json is likely to be wrong when tensors have other sizes than it implies."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sensorium.weights.faults import few
from sensorium.weights.folder import read_json

Odd = Counter[tuple[int, int]]
"""How often a dimension should have had the first size and has the second."""


def suspects(folder: Path, odd: Odd) -> str:
    """A sentence, with a space before it, on the keys whose value is the size that is missed most often; else ""."""
    path = folder / "config.json"
    said = list(_numbers(read_json(path))) if odd and path.is_file() else []
    for (expected, found), _ in odd.most_common():
        if keys := [key for key, value in said if value == expected]:
            return f" config.json says {few(keys)} {expected}, and the weights have {found} there."
    return ""


def _numbers(table: dict[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """All values of a table and of those in it, by their full keys."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _numbers(value, f"{prefix}{key}.")
        elif type(value) is int:
            yield prefix + key, value
