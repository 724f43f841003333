"""Sensorium: a complete multimodal LLM system.

    import sensorium
    model = sensorium.load()
    print(model.ask("What is this?", "boot.png"))

Public names resolve when first used, so that importing the package loads no torch.
"""

import importlib
from typing import TYPE_CHECKING

from sensorium.core.collection import lasting

if TYPE_CHECKING:
    from sensorium.runtime.load import load

__version__ = "0.1.0"
__all__ = ["__version__", "load"]

_WHERE = {"load": "sensorium.runtime.load"}


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'sensorium' has no attribute {name!r}")
    with lasting():
        found: object = getattr(importlib.import_module(_WHERE[name]), name)
    globals()[name] = found  # asked for once
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
