"""Tiny checkpoint folders of every family of the catalogue but `nano`, which has fixtures of its own."""

from collections.abc import Callable
from pathlib import Path


def idefics3(folder: Path) -> Path:
    """SmolVLM, as the reference writes it."""
    from tests.models.idefics3.reference import write

    write(folder, "smolvlm")
    return folder


FOLDERS: dict[str, Callable[[Path], Path]] = {"idefics3": idefics3}
