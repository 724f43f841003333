"""Tiny checkpoint folders of every family of the catalogue but `nano`, which has fixtures of its own."""

from collections.abc import Callable
from pathlib import Path


def idefics3(folder: Path) -> Path:
    """SmolVLM, as the reference writes it."""
    from tests.models.idefics3.reference import write

    write(folder, "smolvlm")
    return folder


def qwen_vl(folder: Path) -> Path:
    """Qwen2.5-VL, as the reference writes it."""
    from tests.models.qwen_vl.reference import write

    write(folder, "qwen2_5_vl")
    return folder


def llava(folder: Path) -> Path:
    """LLaVA-1.5, as the reference writes it."""
    from tests.models.llava.reference import write

    write(folder, "llava")
    return folder


FOLDERS: dict[str, Callable[[Path], Path]] = {"idefics3": idefics3, "llava": llava, "qwen_vl": qwen_vl}

IDLE = {"llava": ("readers.image.views.tower.blocks.2.", "readers.image.views.tower.norm.")}
"""How names of parameters begin that are kept for writing back, but compute nothing: LLaVA stops a layer early.
"""
