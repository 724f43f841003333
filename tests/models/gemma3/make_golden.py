"""Write golden.json, what the reference implementation makes of a tiny random model, for machines without it.

`python -m tests.models.gemma3.make_golden`, from the root of the repository. Weights are not stored: they follow from
their names (`tests.models.paligemma.reference.random_weight`).
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tests.models.gemma3.reference import PAN, SPECIAL, START, STOP, make

from sensorium.inputs.batching import Talk, batch_talks
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import Image
from sensorium.models.gemma3.config import Gemma3Config, read_config
from sensorium.models.gemma3.inputs import ROW, Preparer, view_spec

GOLDEN = Path(__file__).with_name("golden.json")
TOKENS, SCORES = 16, 100
ROW_ID = SPECIAL.index(ROW)
SIZES = (((30, 44),), ((40, 40), (25, 130)))


def talks(config: Gemma3Config) -> list[Talk]:
    """Two prompts, one picture in the first, two in the second; long ones in pieces; letters are ids of their own."""
    side = config.vision.image_size
    prepare = Preparer(view_spec({**PAN, "size": {"height": side, "width": side}}, side, "settings"), config.rows)
    draw = np.random.default_rng(7)
    made = []
    for sizes in SIZES:
        items = [prepare(Image(draw.integers(0, 256, (*size, 3), np.uint8))).item for size in sizes]
        ids = [SPECIAL.index("<bos>")]
        for item in items:
            for _ in range(item.rows // config.rows):
                ids += [SPECIAL.index(START), *[ROW_ID] * config.rows, SPECIAL.index(STOP), 20]
        made.append(Talk([*ids, *(20 + ord(letter) for letter in "What?")], items, []))
    return made


def batch(prompts: list[Talk]) -> ModelInputs:
    """Prompts, padded on the left."""
    return batch_talks(prompts, pad=0, placeholders={"image": ROW_ID}, left=True)


def model_inputs(inputs: ModelInputs) -> dict[str, Any]:
    """The same for the reference; type 1 is a row of a picture."""
    (media,) = inputs.media
    return {
        "input_ids": inputs.ids,
        "attention_mask": (inputs.ids != 0).long(),
        "token_type_ids": inputs.places[0].long(),
        "pixel_values": torch.cat(media.features),
    }


def main() -> None:
    """Record config, the first scores after both prompts, and greedy answers."""
    model = make("pieces")
    config = model.config.to_diff_dict()
    given = model_inputs(batch(talks(read_config(config))))
    with torch.inference_mode():
        scores = model(**given).logits[:, -1, :SCORES]
        said = model.generate(**given, max_new_tokens=TOKENS, do_sample=False, eos_token_id=None)
    golden = {
        "config": config,
        "scores": [[round(each, 5) for each in row] for row in scores.tolist()],
        "answers": said[:, given["input_ids"].shape[1] :].tolist(),
    }
    GOLDEN.write_text(json.dumps(golden, separators=(",", ":"), default=str) + "\n")


if __name__ == "__main__":
    main()
