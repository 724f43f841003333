"""Write golden.json, what the reference implementation makes of a tiny random model, for machines without it.

`python -m tests.models.qwen2_audio.make_golden`, from the root of the repository. Weights are not stored: they follow
from their names (`reference.random_weight`).
"""

import json
from pathlib import Path
from typing import Any

import torch
from tests.models.qwen2_audio.reference import CONFIG, SECONDS, SPECIAL, make, tune

from sensorium.encoders.audio_whisper import STRIDE
from sensorium.inputs.batching import Talk, batch_talks
from sensorium.inputs.carrier import ModelInputs
from sensorium.inputs.mel import MelSpec
from sensorium.media.types import AudioClip
from sensorium.models.qwen2_audio.inputs import Preparer

GOLDEN = Path(__file__).with_name("golden.json")
TOKENS = 16
ROW = SPECIAL.index("<|AUDIO|>")
FRAMES = 100 * SECONDS
LENGTHS = ((9000,), (16_000, 1500))
"""Samples of the sounds in each prompt."""


def prompts() -> ModelInputs:
    """Two prompts, one sound in the first, two in the second; letters are ids of their own."""
    prepare = Preparer(MelSpec(CONFIG["audio_config"]["num_mel_bins"], FRAMES))
    talks = []
    for lengths in LENGTHS:
        items = [prepare(AudioClip(tune(length, pitch=200.0 + length / 10))).item for length in lengths]
        ids = [1, *_letters("user: ")]
        for item in items:
            ids += [ROW] * item.rows + _letters("\n")
        talks.append(Talk(ids + _letters("What?"), items, []))
    return batch_talks(talks, pad=0, placeholders={"audio": ROW}, left=True)


def _letters(text: str) -> list[int]:
    return [20 + ord(letter) for letter in text]


def model_inputs(inputs: ModelInputs) -> dict[str, Any]:
    """The same for the reference, which is told which frames of a whole window are sound."""
    (media,) = inputs.media
    lengths = torch.tensor([item.shape[1] // STRIDE * STRIDE for item in media.features])
    mel = [torch.nn.functional.pad(item, (0, FRAMES - item.shape[1])) for item in media.features]
    return {
        "input_ids": inputs.ids,
        "attention_mask": (inputs.ids != 0).long(),
        "input_features": torch.stack(mel),
        "feature_attention_mask": (torch.arange(FRAMES) < lengths[:, None]).long(),
    }


def main() -> None:
    """Record config, scores after both prompts, and greedy answers."""
    model = make()
    given = model_inputs(prompts())
    with torch.inference_mode():
        scores = model(**given).logits[:, -1]
        said = model.generate(**given, max_new_tokens=TOKENS, do_sample=False, eos_token_id=None)
    golden = {
        "config": model.config.to_diff_dict(),
        "scores": [[round(each, 5) for each in row] for row in scores.tolist()],
        "answers": said[:, given["input_ids"].shape[1] :].tolist(),
    }
    GOLDEN.write_text(json.dumps(golden, separators=(",", ":"), default=str) + "\n")


if __name__ == "__main__":
    main()
