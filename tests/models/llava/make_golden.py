"""Write golden.json, what the reference implementation makes of tiny random models, for machines without it.

`python -m tests.models.llava.make_golden`, from the root of the repository. Weights are not stored: they follow from
their names (`reference.random_weight`).
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tests.models.llava.reference import KINDS, SPECIAL, make

from sensorium.inputs.batching import Talk, batch_talks
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import Image
from sensorium.models.llava.config import LlavaConfig, read_config
from sensorium.models.llava.inputs import Preparer, original_settings, view_spec

GOLDEN = Path(__file__).with_name("golden.json")
TOKENS = 16
ROW = SPECIAL.index("<image>")
SIZES = (((30, 44),), ((9, 21), (70, 31)))


def prompts(config: LlavaConfig) -> ModelInputs:
    """Two prompts, one picture in the first, two in the second; letters are ids of their own."""
    prepare = Preparer(view_spec(original_settings(config), config, "settings"))
    draw = np.random.default_rng(7)
    talks = []
    for sizes in SIZES:
        items = [prepare(Image(draw.integers(0, 256, (*size, 3), np.uint8))).item for size in sizes]
        ids = [1, *_letters("USER: ")]
        for item in items:
            ids += [ROW] * item.rows + _letters("\n")
        talks.append(Talk(ids + _letters("What? ASSISTANT:"), items, []))
    return batch_talks(talks, pad=4, placeholders={"image": ROW}, left=True)


def _letters(text: str) -> list[int]:
    return [20 + ord(letter) for letter in text]


def model_inputs(inputs: ModelInputs) -> dict[str, Any]:
    """The same for the reference, whose pictures have all as many tiles, some of them empty."""
    (media,) = inputs.media
    given = {"input_ids": inputs.ids, "attention_mask": (inputs.ids != 4).long()}
    if not media.sizes:
        return {**given, "pixel_values": torch.stack(media.features)}
    views = torch.nn.utils.rnn.pad_sequence(list(media.features), batch_first=True)
    return {**given, "pixel_values": views, "image_sizes": torch.tensor(media.sizes)}


def main() -> None:
    """Record config, scores after both prompts, and greedy answers of every kind."""
    golden = {}
    for kind in KINDS:
        model = make(kind)
        config = model.config.to_diff_dict()
        given = model_inputs(prompts(read_config(config)))
        with torch.inference_mode():
            scores = model(**given).logits[:, -1]
            said = model.generate(**given, max_new_tokens=TOKENS, do_sample=False, eos_token_id=None)
        golden[kind] = {
            "config": config,
            "scores": [[round(each, 5) for each in row] for row in scores.tolist()],
            "answers": said[:, given["input_ids"].shape[1] :].tolist(),
        }
    GOLDEN.write_text(json.dumps(golden, separators=(",", ":"), default=str) + "\n")


if __name__ == "__main__":
    main()
