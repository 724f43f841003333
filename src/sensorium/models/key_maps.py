"""The key map of each family, found by its name: what its tensors are called in checkpoints, and by us."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from sensorium.core.errors import UsageError
from sensorium.weights.folder import read_json
from sensorium.weights.keymap import KeyMap

Prefixes = tuple[tuple[str, str], ...]

OWN_NAMES = ("nano", "composed")
"""Families that nobody else has: their tensors are called in their folders what we call them."""

MAPS = {"text": "sensorium.models.text.model:key_map"}
"""Where a family's map is not `rules` of its rules.py."""


def family_map(family: str, folder: Path) -> KeyMap:
    """Names of the tensors of a checkpoint folder to ours, and back. Raises: UsageError for a family without a map."""
    config_of: Callable[[dict[str, object]], Any]
    try:
        config_of = import_module(f"sensorium.models.{family}.config").read_config
        module, _, name = MAPS.get(family, f"sensorium.models.{family}.rules:rules").partition(":")
        keymap: KeyMap = getattr(import_module(module), name)(config_of(read_json(folder / "config.json")))
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{folder}: models of the family {family} can be neither written nor adapted; expected one whose tensors "
            "have names in another form too. Choose another model."
        ) from error
    return keymap


def family_modules(family: str) -> Prefixes:
    """How names begin in a family's checkpoints, and how its reference's modules begin, where the two differ."""
    if family in MAPS:
        return ()
    modules: Prefixes = getattr(import_module(f"sensorium.models.{family}.rules"), "MODULES", ())
    return modules
