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


def mllama(folder: Path) -> Path:
    """Llama 3.2 Vision, as the reference writes it."""
    from tests.models.mllama.reference import write

    write(folder, "four")
    return folder


def qwen2_audio(folder: Path) -> Path:
    """Qwen2-Audio, as the reference writes it."""
    from tests.models.qwen2_audio.reference import write

    write(folder)
    return folder


def text(folder: Path) -> Path:
    """SmolLM2, in the form that the reference writes."""
    from tests.models.text.folders import write

    return write(folder, "smollm2")


def gemma3(folder: Path) -> Path:
    """Gemma 3 that cuts long pictures, as the reference writes it."""
    from tests.models.gemma3.reference import write

    write(folder, "pieces")
    return folder


def paligemma(folder: Path) -> Path:
    """PaliGemma 2, as the reference writes it."""
    from tests.models.paligemma.reference import write

    write(folder, "paligemma2")
    return folder


def composed(folder: Path) -> Path:
    """All encoders of our own, with rows among the tokens."""
    from tests.models.composed.parts import write

    return write(folder)


FOLDERS: dict[str, Callable[[Path], Path]] = {
    "composed": composed,
    "gemma3": gemma3,
    "idefics3": idefics3,
    "llava": llava,
    "mllama": mllama,
    "paligemma": paligemma,
    "qwen2_audio": qwen2_audio,
    "qwen_vl": qwen_vl,
    "text": text,
}

IDLE = {
    "llava": ("readers.image.views.tower.blocks.2.", "readers.image.views.tower.norm."),
    "qwen2_audio": ("readers.audio.encoder.positions",),
}
"""How names of parameters begin that are kept for writing back, but compute nothing or are not learnt: LLaVA stops a
layer early, Qwen2-Audio's places are sines."""
