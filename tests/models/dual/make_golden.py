"""Writes the golden folders of CLIP and SigLIP: tiny checkpoints of the reference, and its outputs.

    python -m tests.models.dual.make_golden

Needs transformers. What is written is kept beside the tests, so that machines without it can compare.
"""

import json
from pathlib import Path
from typing import Any

import torch
from tests.models.dual.folders import TEXTS, clip_folder, reference_outputs, siglip_folder

SMALL_TEXT: dict[str, Any] = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1}
SMALL_VISION: dict[str, Any] = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2}


def write(family: str) -> None:
    """The golden folder of one family: weights in fp16, which both sides load as fp32."""
    folder = Path(__file__).parents[1] / family / "golden"
    if family == "clip":
        model = clip_folder(folder, SMALL_TEXT, SMALL_VISION)
    else:
        model = siglip_folder(folder, SMALL_TEXT | {"projection_size": 16}, SMALL_VISION)
    model.half().save_pretrained(folder)
    found, ids = reference_outputs(model.float(), folder, family, TEXTS)
    expected = {
        "ids": ids.tolist(),
        "images": found.image_embeds.tolist(),
        "texts": found.text_embeds.tolist(),
        "scores": found.logits_per_image.tolist(),
    }
    (folder / "expected.json").write_text(json.dumps(json.loads(json.dumps(expected), parse_float=_short)) + "\n")


def _short(number: str) -> float:
    return round(float(number), 6)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for each in ("clip", "siglip"):
        write(each)
