"""The scale multiplies rows, not the weight, and is rounded to the weight's type as Gemma rounds it."""

import torch

from sensorium.language.embedding import ScaledEmbedding


def test_rows_are_scaled_and_the_weight_is_not() -> None:
    embedding = ScaledEmbedding(5, 4, scale=3.0)
    ids = torch.tensor([[4, 0]])
    torch.testing.assert_close(embedding(ids), embedding.weight[ids] * 3.0)


def test_the_scale_is_rounded_to_the_type_of_the_weight() -> None:
    embedding = ScaledEmbedding(5, 4, scale=3072**0.5).bfloat16()  # 55.43, in bf16 55.5
    with torch.no_grad():
        embedding.weight.fill_(1.0)
    assert embedding(torch.tensor([2])).tolist() == [[55.5] * 4]
