"""Write golden.json, what the reference implementation makes of tiny random models, for machines without it.

`python -m tests.models.mllama.make_golden`, from the root of the repository. Weights are not stored: they follow from
their names (`reference.random_weight`).
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tests.models.mllama.reference import BEGIN, KINDS, PAD, PICTURE, make, make_pictures

from sensorium.inputs.batching import Talk, batch_talks
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import Image
from sensorium.models.mllama.config import read_config
from sensorium.models.mllama.inputs import Preparer, tile_spec

GOLDEN = Path(__file__).with_name("golden.json")
TOKENS = 16
SIZES = ((((30, 44),),), (((9, 21), (70, 31)), ((100, 90),)))
"""Sizes of pictures: per prompt, per run of pictures, of each."""


def config_of(kind: str) -> dict[str, Any]:
    """The config.json of a kind."""
    return {"model_type": "mllama", **KINDS[kind], "image_token_index": PICTURE}


def pictures(sizes: tuple[tuple[tuple[int, int], ...], ...]) -> list[list[Image]]:
    """Pictures of these sizes, in runs."""
    draw = np.random.default_rng(7)
    return [[Image(draw.integers(0, 256, (*size, 3), np.uint8)) for size in run] for run in sizes]


def prompts(kind: str) -> ModelInputs:
    """Two prompts that begin with a picture: one picture in the first, two and one behind words in the second.

    Letters are ids of their own.
    """
    vision = read_config(config_of(kind)).vision
    size = {"height": vision.image_size, "width": vision.image_size}
    prepare = Preparer(tile_spec({"size": size, "max_image_tiles": vision.max_num_tiles}, vision, "settings"))
    talks = []
    for sizes in SIZES:
        talk = Talk([], [], [])
        for run in pictures(sizes):
            talk.items.extend(prepare(each).item for each in run)
            talk.ids.extend([PICTURE] * len(run) + ([] if BEGIN in talk.ids else [BEGIN]) + _letters("What is this?"))
        talks.append(talk)
    return batch_talks(talks, pad=PAD, placeholders={"image": PICTURE}, left=True)


def _letters(text: str) -> list[int]:
    return [20 + ord(letter) for letter in text]


def reference_inputs(kind: str, inputs: ModelInputs) -> dict[str, Any]:
    """The same for the reference, prepared by its own functions."""
    from transformers.models.mllama.processing_mllama import (
        convert_sparse_cross_attention_mask_to_dense,
        get_cross_attention_token_mask,
    )

    made = make_pictures(kind)([[each.pixels for run in pictures(sizes) for each in run] for sizes in SIZES])
    mask = convert_sparse_cross_attention_mask_to_dense(
        [get_cross_attention_token_mask(ids, PICTURE) for ids in inputs.ids.tolist()],
        num_tiles=made.pop("num_tiles"),
        max_num_tiles=made["aspect_ratio_mask"].shape[-1],
        length=inputs.ids.shape[1],
    )
    return {
        "input_ids": inputs.ids,
        "attention_mask": (inputs.ids != PAD).long(),
        "cross_attention_mask": torch.from_numpy(mask),
        **{name: torch.from_numpy(np.asarray(each)) for name, each in made.items()},
    }


def main() -> None:
    """Record scores after both prompts, and greedy answers of every kind."""
    golden = {}
    for kind in KINDS:
        model, given = make(kind), reference_inputs(kind, prompts(kind))
        with torch.inference_mode():
            scores = model(**given).logits[:, -1]
            said = model.generate(**given, max_new_tokens=TOKENS, do_sample=False, eos_token_id=None)
        golden[kind] = {
            "scores": [[round(each, 5) for each in row] for row in scores.tolist()],
            "answers": said[:, given["input_ids"].shape[1] :].tolist(),
        }
    GOLDEN.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
