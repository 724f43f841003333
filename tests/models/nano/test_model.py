"""The wiring of `nano`: rows of items in their order whatever their shapes, and a mismatch that is noticed."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from sensorium.core.errors import SpanMismatch
from sensorium.inputs.carrier import MediaBatch, ModelInputs, Span
from sensorium.models.nano.model import Nano


def pictures(*sizes: tuple[int, int]) -> MediaBatch:
    generator = torch.Generator().manual_seed(0)
    features = tuple(torch.randint(0, 256, (3, *size), dtype=torch.uint8, generator=generator) for size in sizes)
    return MediaBatch("image", features, tuple(Span(0, h * w // 256) for h, w in sizes))


def alone(model: Nano, batch: MediaBatch, index: int) -> Tensor:
    return model.rows(MediaBatch("image", (batch.features[index],), (batch.spans[index],)))[0]


def test_pictures_of_mixed_sizes_come_back_in_order(tiny_nano: Nano) -> None:
    batch = pictures((32, 48), (48, 32), (32, 48), (16, 16), (48, 32))
    rows = tiny_nano.rows(batch)
    assert [tuple(each.shape) for each in rows] == [(6, 32), (6, 32), (6, 32), (1, 32), (6, 32)]
    for index, each in enumerate(rows):
        torch.testing.assert_close(each, alone(tiny_nano, batch, index), atol=1e-5, rtol=1e-4)


def test_rows_are_written_where_the_placeholders_are(tiny_nano: Nano) -> None:
    batch = pictures((16, 16), (32, 16))
    places = torch.tensor([[False, True, False, True, True]])
    inputs = ModelInputs(torch.tensor([[20, 8, 21, 8, 8]]), torch.arange(5)[None], None, (batch,), (places,))
    embeds = tiny_nano.embed(inputs)
    assert torch.equal(embeds[places], torch.cat(tiny_nano.rows(batch)))
    assert torch.equal(embeds[~places], tiny_nano.language.embedding(torch.tensor([20, 21])))


def test_features_that_make_more_rows_than_placeholders(tiny_nano: Nano) -> None:
    batch = replace(pictures((32, 32)), spans=(Span(0, 1),))
    places = torch.tensor([[True, False]])
    inputs = ModelInputs(torch.tensor([[8, 20]]), torch.arange(2)[None], None, (batch,), (places,))
    with pytest.raises(SpanMismatch, match="image: sample 0 has 1 placeholders but 4 feature rows"):
        tiny_nano.embed(inputs)
