"""What the columns of a file are called, where it is not what they are called elsewhere.

LLaMA-Factory writes this into `dataset_info.json`; such a file beside the data is read:

    {"boots": {"file_name": "boots.json", "columns": {"messages": "talk", "images": "pictures"},
               "tags": {"role_tag": "speaker", "content_tag": "said"}}}
"""

from collections.abc import Mapping
from pathlib import Path

from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.core.names import did_you_mean
from sensorium.data.records.rows import Values
from sensorium.weights.folder import read_json

KNOWN = (
    *("messages", "system", "prompt", "query", "response", "history", "images", "videos", "audios", "caption"),
    *("split", "role", "content"),
)
"""What a column can be to us; `role` and `content` are keys of a message."""

Columns = Mapping[str, str]
"""Ours to the file's."""

_INFO = "dataset_info.json"


def check_columns(columns: Columns) -> None:
    """Raises: ConfigError for a name that is not one of ours."""
    for name in columns:
        if name not in KNOWN:
            raise ConfigError(
                f"columns: there is no '{name}'; expected some of: {', '.join(KNOWN)}.{did_you_mean(name, KNOWN)} "
                "Write ours: theirs."
            )


def listed_columns(path: Path) -> dict[str, str]:
    """What a `dataset_info.json` beside a file says of it; nothing where there is none, or it does not name the file.

    Raises: ConfigError when it is damaged.
    """
    info = path.parent / _INFO
    if not info.is_file():
        return {}
    try:
        entries = read_json(info).values()
    except CheckpointError as error:
        raise ConfigError(f"{info}: not a readable list of data sets. Correct it, or move it away.") from error
    for entry in entries:
        if isinstance(entry, Mapping) and entry.get("file_name") == path.name:
            columns, tags = (entry.get(key) or {} for key in ("columns", "tags"))
            named = {name: theirs for name, theirs in columns.items() if name in KNOWN}
            return named | {name: tags[f"{name}_tag"] for name in ("role", "content") if f"{name}_tag" in tags}
    return {}


def renamed(values: Values, columns: Columns) -> Values:
    """The values under our names."""
    if not columns:
        return values
    theirs = {name: ours for ours, name in columns.items()}
    return {theirs.get(name, name): value for name, value in values.items()}
