"""Write golden.json, what the reference implementation makes of tiny random models, for machines without it.

`python -m tests.models.qwen_vl.make_golden`, from the root of the repository. Weights are not stored: they follow from
their names (`reference.random_weight`).
"""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tests.models.qwen_vl.reference import FOLD, KINDS, LEAST, MOST, PATCH, SPECIAL, TUBELET, make, model_inputs

from sensorium.encoders.vision_qwen import Cut
from sensorium.inputs.batching import Talk
from sensorium.inputs.carrier import ModelInputs
from sensorium.inputs.templated import TemplatedAssembler
from sensorium.media.types import Image, Media, VideoClip
from sensorium.models.qwen_vl.config import QwenVLConfig, read_config
from sensorium.models.qwen_vl.inputs import MARKS, Preparer, QwenVLAssembler, sight_spec

GOLDEN = Path(__file__).with_name("golden.json")
TOKENS = 16
CUT = Cut(PATCH, TUBELET, FOLD)
_TOKEN = re.compile("|".join(map(re.escape, SPECIAL)) + "|.", re.DOTALL)


def prompts(config: QwenVLConfig) -> ModelInputs:
    """Two prompts, a picture in the first, a film and a picture in the second; letters are ids of their own."""
    settings = {"size": {"shortest_edge": LEAST, "longest_edge": MOST}, "patch_size": PATCH}
    spec = sight_spec(settings, settings, CUT, stamped=config.stamped, where="settings")
    prepare = Preparer(spec, CUT)
    nothing: Any = None
    inner = TemplatedAssembler(
        template=nothing,
        tokenizer=nothing,
        marks=MARKS,
        prepare=prepare,
        rows={"image": config.image_token, "video": config.video_token},
        pad=0,
        vocabulary=config.language.vocabulary,
        max_tokens=2048,
    )
    draw = np.random.default_rng(7)

    def pixels(*shape: int) -> Any:
        return draw.integers(0, 256, (*shape, 3), np.uint8)

    film = VideoClip(pixels(5, 30, 40), np.arange(5, dtype=np.float64) * 0.6, 3.0)
    media: list[list[Media]] = [[Image(pixels(30, 44))], [film, Image(pixels(9, 21))]]
    talks = []
    for each in media:
        made = [prepare(medium) for medium in each]
        text = "<|im_start|>See " + " and ".join(one.text for one in made) + "?<|im_end|>"
        talks.append(Talk([_id(token) for token in _TOKEN.findall(text)], [one.item for one in made], []))
    return QwenVLAssembler(inner, CUT, config.ticks, config.stamped).batch(talks, left=True)


def _id(token: str) -> int:
    return SPECIAL.index(token) if token in SPECIAL else 20 + ord(token) % 200


def main() -> None:
    """Record config, scores after both prompts, and greedy answers of every kind."""
    golden = {}
    for kind in KINDS:
        model = make(kind)
        config = model.config.to_dict()
        given = model_inputs(model, prompts(read_config(config)), CUT)
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
