"""Optional packages: imported where they are needed, with a message that names the extra which brings them."""

import importlib
from types import ModuleType

from sensorium.core.errors import MissingPackage


def require(module: str, extra: str) -> ModuleType:
    """Import and return `module`, which the optional `extra` of this package brings.

    Raises: MissingPackage when it, or something that it needs itself, cannot be imported.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingPackage(
            f"This needs the package '{module}', which cannot be imported ({error}). "
            f"It comes with the extra '{extra}': pip install 'sensorium[{extra}]'"
        ) from error
