"""The losses against the papers' formulas, written out with loops in fp64."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from sensorium.nn.contrast import (
    binding,
    cut,
    info_nce,
    matryoshka,
    multi_positive,
    sigmoid,
    supervised,
)

SCALE = torch.tensor(7.0, dtype=torch.float64)


def rows(seed: int, count: int = 5, width: int = 6) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(count, width, dtype=torch.float64, generator=generator), dim=-1)


def chance(score: float, among: list[float]) -> float:
    return math.exp(score) / sum(map(math.exp, among))


def scores_of(left: Tensor, right: Tensor) -> list[list[float]]:
    return [[float(SCALE * one @ two) for two in right] for one in left]


def test_info_nce_is_that_of_clip() -> None:
    left, right = rows(1), rows(2)
    scores = scores_of(left, right)
    texts = [-math.log(chance(scores[i][i], scores[i])) for i in range(5)]
    images = [-math.log(chance(scores[i][i], [row[i] for row in scores])) for i in range(5)]
    assert info_nce(left, right, SCALE).item() == pytest.approx((sum(texts) + sum(images)) / 10, abs=1e-12)


def test_hard_negatives_are_more_rows_of_the_right_side() -> None:
    left, right, against = rows(1), rows(2), rows(3, 2)
    scores, more = scores_of(left, right), scores_of(left, against)
    texts = [-math.log(chance(scores[i][i], scores[i] + more[i])) for i in range(5)]
    images = [-math.log(chance(scores[i][i], [row[i] for row in scores])) for i in range(5)]
    found = info_nce(left, right, SCALE, against=against)
    assert found.item() == pytest.approx((sum(texts) + sum(images)) / 10, abs=1e-12)


def test_several_positives_are_averaged_and_rows_without_any_left_out() -> None:
    left, right = rows(1), rows(2, 4)
    positives = torch.tensor([[1, 1, 0, 0], [0, 0, 1, 0], [1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]], dtype=torch.bool)
    scores = scores_of(left, right)

    def side(table: list[list[float]], own: Tensor) -> float:
        losses = [
            -sum(math.log(chance(row[place], row)) for place in belongs) / len(belongs)
            for row, belongs in zip(table, [mask.nonzero()[:, 0].tolist() for mask in own], strict=True)
            if belongs
        ]
        return sum(losses) / len(losses)

    columns = [[row[place] for row in scores] for place in range(4)]
    expected = (side(scores, positives) + side(columns, positives.T)) / 2
    assert multi_positive(left, right, positives, SCALE).item() == pytest.approx(expected, abs=1e-12)


def test_supervised_is_supcon() -> None:
    each, labels = rows(4), [0, 1, 0, 0, 2]
    scores = scores_of(each, each)
    losses = []
    for i in range(5):
        among = [scores[i][a] for a in range(5) if a != i]
        same = [p for p in range(5) if p != i and labels[p] == labels[i]]
        if same:
            losses.append(-sum(math.log(chance(scores[i][p], among)) for p in same) / len(same))
    found = supervised(each, torch.tensor(labels), SCALE)
    assert found.item() == pytest.approx(sum(losses) / len(losses), abs=1e-12)


def test_sigmoid_is_that_of_siglip() -> None:
    left, right, bias = rows(1), rows(2), torch.tensor(-3.0, dtype=torch.float64)
    expected = sum(
        math.log(1 + math.exp((-1 if i == j else 1) * (float(SCALE * left[i] @ right[j]) - 3.0)))
        for i in range(5)
        for j in range(5)
    )
    assert sigmoid(left, right, SCALE, bias).item() == pytest.approx(expected / 5, abs=1e-12)


def test_hard_weights_follow_their_formula_and_none_is_info_nce() -> None:
    left, right = rows(1), rows(2)
    assert info_nce(left, right, SCALE, hardness=1e-12).item() == pytest.approx(info_nce(left, right, SCALE).item())
    scores = scores_of(left, right)

    def side(table: list[list[float]]) -> float:
        total = 0.0
        for i, row in enumerate(table):
            others = [row[j] for j in range(5) if j != i]
            weights = [math.exp(0.5 * score) for score in others]
            negative = sum(4 * w / sum(weights) * math.exp(score) for w, score in zip(weights, others, strict=True))
            total -= math.log(math.exp(row[i]) / (math.exp(row[i]) + negative))
        return total / 5

    columns = [[row[place] for row in scores] for place in range(5)]
    found = info_nce(left, right, SCALE, hardness=0.5)
    assert found.item() == pytest.approx((side(scores) + side(columns)) / 2, abs=1e-12)


def test_binding_never_compares_two_that_are_bound() -> None:
    image, sound, film = rows(1), rows(2), rows(3)
    found = binding({"image": image, "audio": sound, "video": film}, "image", SCALE)
    assert found.item() == pytest.approx((info_nce(image, sound, SCALE) + info_nce(image, film, SCALE)).item() / 2)


def test_binding_takes_further_rows_of_either_side() -> None:
    image, sound, more = rows(1), rows(2), rows(3, 2)
    kinds = {"image": image, "audio": sound}
    one = binding(kinds, "image", SCALE, against={"audio": more}, hardness=0.3)
    two = binding(kinds, "image", SCALE, against={"image": more}, hardness=0.3)
    assert one.item() == pytest.approx(info_nce(image, sound, SCALE, against=more, hardness=0.3).item())
    assert two.item() == pytest.approx(info_nce(sound, image, SCALE, against=more, hardness=0.3).item())


def test_rows_without_negatives_have_no_weights() -> None:
    left, right = rows(1, 2), rows(2, 2)
    everything = torch.ones(2, 2, dtype=torch.bool)
    found = multi_positive(left, right, everything, SCALE, hardness=0.5)
    assert found.item() == pytest.approx(multi_positive(left, right, everything, SCALE).item())


def test_matryoshka_is_the_mean_over_cut_rows() -> None:
    left, right = rows(1), rows(2)
    found = matryoshka(lambda a, b: info_nce(a, b, SCALE), (left, right), (6, 3))
    assert cut(left, 3).norm(dim=1).allclose(torch.ones(5, dtype=torch.float64))
    both = info_nce(left, right, SCALE), info_nce(cut(left, 3), cut(right, 3), SCALE)
    assert found.item() == pytest.approx((both[0] + both[1]).item() / 2)


def test_the_temperature_gets_a_gradient() -> None:
    scale = SCALE.clone().requires_grad_()
    info_nce(rows(1), rows(2), scale).backward()
    assert scale.grad is not None
    assert scale.grad.abs() > 1e-6
