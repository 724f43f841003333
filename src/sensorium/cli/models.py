"""`sensorium models`: what can be asked."""

from typing import TYPE_CHECKING, Any

from sensorium.cli.console import write, write_json
from sensorium.cli.inputs import AsJson

if TYPE_CHECKING:
    from pathlib import Path

BUNDLED_SOURCE = "bundled"


def models(as_json: AsJson = False) -> None:
    """List the models.

    Any other model folder can be given by its path.
    """
    found = _entries()
    if as_json:
        write_json({"models": found})
        return
    for entry in found:
        size = f"{entry['bytes'] / 1e6:.1f} MB" if entry["bytes"] else "not installed"
        write(f"{entry['name']}  ({', '.join(entry['modalities'])}; {entry['licence']}; {size})")
        write(f"    {entry['summary']}")


def _entries() -> list[dict[str, Any]]:
    from sensorium.models.catalog import FAMILIES, find

    entries = sorted(FAMILIES.entries, key=lambda entry: entry.source != BUNDLED_SOURCE)
    return [
        {
            "name": entry.name,
            "modalities": list(entry.modalities),
            "licence": entry.licence,
            "summary": entry.summary,
            "source": entry.source,
            "folder": str(folder),
            "bytes": _size(folder),
        }
        for entry in entries
        for _, folder in [find(entry.name)]
    ]


def _size(folder: "Path") -> int:
    """Bytes of all files of a model folder; 0 where there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
