"""`sensorium models`: what can be asked."""

from typing import TYPE_CHECKING, Any

from sensorium.cli.console import write, write_json
from sensorium.cli.inputs import AsJson

if TYPE_CHECKING:
    from pathlib import Path


def models(as_json: AsJson = False) -> None:
    """List the models.

    The bundled one comes first; then the families of open checkpoints, each with its smallest public one, which
    --model takes by that name. Any other model folder can be given by its path.
    """
    found = _entries()
    if as_json:
        write_json({"models": found})
        return
    for entry in found:
        size = f"{entry['bytes'] / 1e6:,.0f} MB" if entry["bytes"] else "not installed"
        write(f"{entry['name']}  ({', '.join(entry['modalities'])}; {entry['licence']}; {size})")
        write(f"    {entry['summary']}")
        if "/" in entry["source"]:  # an id of the Hub
            needs = f"needs {entry['memory'] / 1e9:.1f} GB of memory"
            write(f"    smallest: sensorium {entry['command']} --model {entry['source']}  ({needs})")


def _entries() -> list[dict[str, Any]]:
    from sensorium.models.catalog import COMMANDS, bundled, memory_for
    from sensorium.models.mistaken import BUNDLED_SOURCE

    entries = [(command, entry) for command, families in COMMANDS.items() for entry in families.entries]
    listed = []
    for command, entry in sorted(entries, key=lambda each: each[1].source != BUNDLED_SOURCE):
        folder = bundled(entry.name) if entry.source == BUNDLED_SOURCE else None
        size = entry.size if folder is None else _size(folder)
        listed.append(
            {
                "name": entry.name,
                "command": command,
                "modalities": list(entry.modalities),
                "licence": entry.licence,
                "summary": entry.summary,
                "source": entry.source,
                "folder": None if folder is None else str(folder),
                "bytes": size,
                "memory": memory_for(size),
            }
        )
    return listed


def _size(folder: "Path") -> int:
    """Bytes of all files of a model folder; 0 where there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
