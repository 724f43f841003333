"""A composed model that equals a known family as a genuine checkpoint of that family, for the tools that serve it.

    CLIP or SigLIP, a layer's rows ── mlp ── Llama, Mistral, Qwen      LLaVA         as_llava.py
    SigLIP ── shuffle alone ── Llama                                   Idefics3      as_idefics3.py
    SigLIP ── linear ── Gemma                                          near PaliGemma, equal never: equality.py
    a tower ── cross-attention ── Llama                                near Mllama, equal never: equality.py

What is written has the names, the config and the processor of the reference.
"""

from pathlib import Path

import torch

from sensorium.core.errors import UsageError
from sensorium.models.composed.as_idefics3 import IDEFICS3
from sensorium.models.composed.as_llava import LLAVA
from sensorium.models.composed.equality import MLLAMA, PALIGEMMA, Form, Written, nearest
from sensorium.models.composed.folder import load as load_model

WRITTEN: tuple[Written, ...] = (LLAVA, IDEFICS3)
"""Families that a composed model may equal."""

LIKE: tuple[Form, ...] = (PALIGEMMA, MLLAMA)
"""Families that it may come near to."""


def export(folder: Path, out: Path, *, dtype: torch.dtype | None = None) -> str:
    """Write the model of a folder as a checkpoint of the family that it equals.

    Args:
        folder: of a composed model.
        out: made if need be.
        dtype: of the weights; None for the type that each has.

    Returns: the family.

    Raises: UsageError when it equals no family, with all in which it differs from the nearest; CheckpointError for a
    damaged folder; OSError when a file cannot be written.
    """
    model = load_model(folder)
    for family in WRITTEN:
        if not family.differences(model):
            family.write(model, folder, out, dtype)
            return family.name
    form, differences = nearest(model, (*(family.form for family in WRITTEN), *LIKE))
    raise UsageError(
        f"{folder}: equals no family. Nearest is {form.name} ({form.made_of}), from which it differs: "
        f"{'; '.join(differences)}. Expected {' or '.join(each.form.name for each in WRITTEN)} in all parts. It can be "
        f"asked as it is: sensorium ask --model {folder}"
    )
