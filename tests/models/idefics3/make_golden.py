"""Write golden.json, what the reference implementation makes of tiny random models, for machines without it.

`python -m tests.models.idefics3.make_golden`, from the root of the repository. Weights are not stored: they follow from
their names (`reference.random_weight`).
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tests.models.idefics3.reference import FOLD, PATCH, SPECIAL, TILE, make

from sensorium.inputs.batching import Talk, batch_talks
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import Image
from sensorium.models.idefics3.inputs import Preparer, tile_spec

GOLDEN = Path(__file__).with_name("golden.json")
KINDS = ("idefics3", "smolvlm")
TOKENS = 16
ROW, PAD = SPECIAL.index("<image>"), SPECIAL.index("<|im_end|>")
SIZES = (((30, 44),), ((9, 21), (70, 31)))


def prompts() -> ModelInputs:
    """Two prompts, one picture in the first, two in the second; letters are ids of their own."""
    edges = {"size": {"longest_edge": 2 * TILE}, "max_image_size": {"longest_edge": TILE}}
    prepare = Preparer(tile_spec(edges, "settings"), (TILE // PATCH // FOLD) ** 2)
    draw = np.random.default_rng(7)
    talks = []
    for sizes in SIZES:
        items = [prepare(Image(draw.integers(0, 256, (*size, 3), np.uint8))).item for size in sizes]
        ids = [1, *_letters("User:")]
        for item in items:
            ids += [ROW] * item.rows + _letters("\n")
        talks.append(Talk(ids + _letters("What? Assistant:"), items, []))
    return batch_talks(talks, pad=PAD, placeholders={"image": ROW}, left=True)


def _letters(text: str) -> list[int]:
    return [60 + ord(letter) for letter in text]


def model_inputs(inputs: ModelInputs) -> dict[str, Any]:
    """The same for the reference, whose talks have all as many tiles, some of them empty."""
    (media,) = inputs.media
    tiles: list[list[torch.Tensor]] = [[] for _ in inputs.ids]
    for span, item in zip(media.spans, media.features, strict=True):
        tiles[span.sample].append(item)
    pixels = torch.nn.utils.rnn.pad_sequence([torch.cat(each) for each in tiles], batch_first=True)
    return {
        "input_ids": inputs.ids,
        "attention_mask": (inputs.ids != PAD).long(),
        "pixel_values": pixels,
        "pixel_attention_mask": torch.ones(pixels.shape[:2] + pixels.shape[3:], dtype=torch.long),
    }


def main() -> None:
    """Record config, scores after both prompts, and greedy answers of both kinds."""
    golden = {}
    for kind in KINDS:
        model = make(kind)
        given = model_inputs(prompts())
        with torch.inference_mode():
            scores = model(**given).logits[:, -1]
            said = model.generate(**given, max_new_tokens=TOKENS, do_sample=False, eos_token_id=None)
        golden[kind] = {
            "config": model.config.to_diff_dict(),
            "scores": [[round(each, 5) for each in row] for row in scores.tolist()],
            "answers": said[:, given["input_ids"].shape[1] :].tolist(),
        }
    GOLDEN.write_text(json.dumps(golden, separators=(",", ":"), default=str) + "\n")


if __name__ == "__main__":
    main()
