"""The wiring of `nano`: rows of items in their order whatever their shapes, and a mismatch that is noticed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from sensorium.chat.message import user
from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.errors import SpanMismatch
from sensorium.inputs.assemble import Assembler
from sensorium.inputs.carrier import MediaBatch, ModelInputs, Span
from sensorium.media.types import Image
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.config import NanoConfig


def pictures(*sizes: tuple[int, int]) -> MediaBatch:
    generator = torch.Generator().manual_seed(0)
    features = tuple(torch.randint(0, 256, (3, *size), dtype=torch.uint8, generator=generator) for size in sizes)
    return MediaBatch("image", features, tuple(Span(0, h * w // 256) for h, w in sizes))


def alone(model: EarlyFusion, batch: MediaBatch, index: int) -> Tensor:
    return model.rows(MediaBatch("image", (batch.features[index],), (batch.spans[index],)))[0]


def test_pictures_of_mixed_sizes_come_back_in_order(tiny_nano: EarlyFusion) -> None:
    batch = pictures((32, 48), (48, 32), (32, 48), (16, 16), (48, 32))
    rows = tiny_nano.rows(batch)
    assert [tuple(each.shape) for each in rows] == [(6, 32), (6, 32), (6, 32), (1, 32), (6, 32)]
    for index, each in enumerate(rows):
        torch.testing.assert_close(each, alone(tiny_nano, batch, index), atol=1e-5, rtol=1e-4)


def test_rows_are_written_where_the_placeholders_are(tiny_nano: EarlyFusion) -> None:
    batch = pictures((16, 16), (32, 16))
    places = torch.tensor([[False, True, False, True, True]])
    inputs = ModelInputs(torch.tensor([[20, 8, 21, 8, 8]]), torch.arange(5)[None], None, (batch,), (places,))
    embeds = tiny_nano.embed(inputs)
    assert torch.equal(embeds[places], torch.cat(tiny_nano.rows(batch)))
    assert torch.equal(embeds[~places], tiny_nano.language.embedding(torch.tensor([20, 21])))


def test_features_that_make_more_rows_than_placeholders(tiny_nano: EarlyFusion) -> None:
    batch = replace(pictures((32, 32)), spans=(Span(0, 1),))
    places = torch.tensor([[True, False]])
    inputs = ModelInputs(torch.tensor([[8, 20]]), torch.arange(2)[None], None, (batch,), (places,))
    with pytest.raises(SpanMismatch, match="image: sample 0 has 1 placeholders but 4 feature rows"):
        tiny_nano.embed(inputs)


def test_padding_on_the_right_changes_nothing_before_it(
    tiny_nano: EarlyFusion, tiny_tokenizer: Tokenizer, tiny_config: NanoConfig
) -> None:
    assembler = Assembler(tiny_tokenizer, tiny_config.inputs)
    picture = Image(np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8))
    talks = [assembler.talk([user(picture, "What is this?")], ask=True), assembler.talk([user("Hello")], ask=True)]
    with torch.inference_mode():
        hidden = tiny_nano(assembler.training_batch(talks).inputs)
        for row, talk in enumerate(talks):
            alone = tiny_nano(assembler.batch([talk]))[0]
            torch.testing.assert_close(hidden[row, : len(talk.ids)], alone, atol=1e-4, rtol=1e-3)
