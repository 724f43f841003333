"""Write golden.json, what the reference implementation makes of tiny random models, for machines without it.

`python -m tests.models.paligemma.make_golden`, from the root of the repository. Weights are not stored: they follow
from their names (`reference.random_weight`).
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tests.models.paligemma.reference import KINDS, make

from sensorium.inputs.batching import Talk, batch_talks
from sensorium.inputs.carrier import ModelInputs
from sensorium.inputs.pictures import SIGLIP
from sensorium.inputs.settings import tower_pictures
from sensorium.media.types import Image
from sensorium.models.paligemma.config import PaliGemmaConfig, read_config
from sensorium.models.paligemma.inputs import Preparer

GOLDEN = Path(__file__).with_name("golden.json")
TOKENS, SCORES = 16, 100
ROW, END = 5, 10
SIZES = (((30, 44),), ((9, 21), (70, 31)))
WORDS = ("caption", "answer en which?")


def prompts(config: PaliGemmaConfig) -> ModelInputs:
    """Two prompts, one picture in the first, two in the second; letters are ids of their own, one ends the line."""
    side = config.vision.image_size
    settings = {**SIGLIP, "size": {"height": side, "width": side}}
    prepare = Preparer(tower_pictures(settings, side, where="settings", defaults=SIGLIP), config.rows)
    draw = np.random.default_rng(7)
    talks = []
    for sizes, words in zip(SIZES, WORDS, strict=True):
        items = [prepare(Image(draw.integers(0, 256, (*size, 3), np.uint8))).item for size in sizes]
        ids = [ROW] * sum(item.rows for item in items)
        talks.append(Talk([*ids, 2, *(20 + ord(letter) for letter in words), END], items, []))
    return batch_talks(talks, pad=0, placeholders={"image": ROW}, left=True)


def model_inputs(inputs: ModelInputs) -> dict[str, Any]:
    """The same for the reference; type 0 is the prompt."""
    (media,) = inputs.media
    return {
        "input_ids": inputs.ids,
        "attention_mask": (inputs.ids != 0).long(),
        "token_type_ids": torch.zeros_like(inputs.ids),
        "pixel_values": torch.cat(media.features),
    }


def main() -> None:
    """Record config, the first scores after both prompts, and greedy answers of every kind."""
    golden = {}
    for kind in KINDS:
        model = make(kind)
        config = model.config.to_diff_dict()
        given = model_inputs(prompts(read_config(config)))
        with torch.inference_mode():
            scores = model(**given).logits[:, -1, :SCORES]
            said = model.generate(**given, max_new_tokens=TOKENS, do_sample=False, eos_token_id=None)
        golden[kind] = {
            "config": config,
            "scores": [[round(each, 5) for each in row] for row in scores.tolist()],
            "answers": said[:, given["input_ids"].shape[1] :].tolist(),
        }
    GOLDEN.write_text(json.dumps(golden, separators=(",", ":"), default=str) + "\n")


if __name__ == "__main__":
    main()
