"""What the parity tests of families that answer have in common: both sides of a checkpoint, and what must be equal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sensorium.chat.message import Message, Text
from sensorium.engine.generate import generate
from sensorium.engine.sampling import Sampling
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import Image
from sensorium.models.answerer import Answerer


@dataclass(frozen=True)
class Pair:
    """One checkpoint, read by the reference and by us."""

    folder: Path
    model: Any
    processor: Any
    ours: Answerer


def picture(height: int, width: int, seed: int = 0) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def written(pair: Pair, talks: Sequence[Sequence[Message]], *, ask: bool = True) -> list[str]:
    """What the reference's chat template makes of talks."""
    dicts = [
        [
            {
                "role": message.role,
                "content": [
                    {"type": "text", "text": part.text} if isinstance(part, Text) else {"type": part.modality}
                    for part in message.parts
                ],
            }
            for message in talk
        ]
        for talk in talks
    ]
    return [pair.processor.apply_chat_template(talk, add_generation_prompt=ask) for talk in dicts]


def images_of(talks: Sequence[Sequence[Message]]) -> list[list[Any]]:
    """The pictures of each talk."""
    return [[part.pixels for message in talk for part in message.media if isinstance(part, Image)] for talk in talks]


def ours(pair: Pair, talks: Sequence[list[Message]]) -> ModelInputs:
    made = [pair.ours.assembler.talk(talk, ask=True) for talk in talks]
    return pair.ours.assembler.batch(made, left=True)


def check_scores(pair: Pair, inputs: ModelInputs, given: Mapping[str, Any]) -> Tensor:
    """The scores of the next token of a left-padded batch are those of the reference. Returns them: [B, V]."""
    network = pair.ours.network
    with torch.inference_mode():
        expected = pair.model(**given).logits[:, -1]
        found = network.prefill(inputs, network.new_cache(*inputs.ids.shape))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    return found


def check_answers(pair: Pair, inputs: ModelInputs, given: Mapping[str, Any]) -> list[list[int]]:
    """The next 32 tokens of a batch, likeliest ones, are those of the reference. Returns them."""
    with torch.inference_mode():
        made = pair.model.generate(**given, max_new_tokens=32, do_sample=False, eos_token_id=None, min_new_tokens=32)
    steps = list(generate(pair.ours.network, inputs, Sampling(max_tokens=32), stops=()))
    count = len(inputs.ids)
    got = [[event.id for events in steps if (event := events[row]) is not None] for row in range(count)]
    assert got == made[:, inputs.ids.shape[1] :].tolist()
    return got
