"""Recomputed blocks keep less and give the same gradients."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from sensorium.chat.message import assistant, user
from sensorium.chat.tokenizer import Tokenizer
from sensorium.inputs.assemble import Assembler
from sensorium.media.types import Image
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.config import NanoConfig
from sensorium.training.objective import predict
from sensorium.training.recompute import recompute_blocks


def test_gradients_are_the_same_and_less_is_kept(
    make_nano: Callable[[int], EarlyFusion], tiny_tokenizer: Tokenizer, tiny_config: NanoConfig
) -> None:
    assembler = Assembler(tiny_tokenizer, tiny_config.inputs)
    picture = Image(np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8))
    talk = assembler.talk([user(picture, "Which?"), assistant("a red boot")], ask=False)
    batch = assembler.training_batch([talk])
    plain, saving = make_nano(0), make_nano(0)
    assert recompute_blocks(saving) == 5  # one of each encoder, two of the decoder
    assert saving.state_dict().keys() == plain.state_dict().keys()
    kept: list[int] = []
    for model in (plain, saving):
        held: dict[int, int] = {}

        def hold(tensor: Tensor, held: dict[int, int] = held) -> Tensor:
            held[tensor.data_ptr()] = tensor.numel()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(hold, lambda tensor: tensor):
            loss = predict(model, batch).losses().sum()
        kept.append(sum(held.values()))
        loss.backward()
    assert kept[1] < 0.7 * kept[0]
    for (name, mine), theirs in zip(saving.named_parameters(), plain.parameters(), strict=True):
        assert (mine.grad is None) == (theirs.grad is None), name
        if mine.grad is not None:
            torch.testing.assert_close(mine.grad, theirs.grad)
