"""Files that commands write: looked at before the work, written whole or not at all."""

import os
from pathlib import Path

from sensorium.core.errors import UsageError


def check_output(name: str, option: str) -> Path:
    """The path of a file that can be written, as far as one can tell beforehand.

    Args:
        name: what was given.
        option: how it was given.

    Raises: UsageError.
    """
    path = Path(name)
    if not name or path.is_dir() or not path.parent.is_dir():
        raise UsageError(
            f"{option} is '{name}': no file can be there; expected a new file in a folder. Give another: {option} FILE"
        )
    if not os.access(path.parent, os.W_OK):
        raise UsageError(
            f"{option} is '{name}', and {path.parent} must not be written to; expected a folder of yours. Give another "
            f"file: {option} FILE"
        )
    return path
