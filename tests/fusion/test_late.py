"""Answers are joined as the mean of their probabilities."""

import pytest
import torch
from torch import Tensor

from sensorium.core.errors import ConfigError
from sensorium.fusion.late import LateFusion

NAMES = ("image", "audio", "text")


def answers(*shape: int, classes: int = 5) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(*shape, classes, generator=generator).log_softmax(dim=-1) for name in NAMES}


def test_equal_weights_are_the_mean_of_probabilities() -> None:
    given = answers(2, 3)
    found = LateFusion(weights=NAMES)(given)
    torch.testing.assert_close(found.values.exp(), sum(each.exp() for each in given.values()) / 3)
    torch.testing.assert_close(found.values.exp().sum(dim=-1), torch.ones(2, 3))
    torch.testing.assert_close(found.weights, torch.full((2, 3, 3), 1 / 3))


def test_given_weights() -> None:
    given = answers(2)
    found = LateFusion(weights={"image": 6.0, "audio": 3.0, "text": 1.0})(given)
    expected = 0.6 * given["image"].exp() + 0.3 * given["audio"].exp() + 0.1 * given["text"].exp()
    torch.testing.assert_close(found.values.exp(), expected)


def test_who_is_absent_has_no_say() -> None:
    given = answers(3) | {"audio": torch.full((3, 5), float("nan"))}
    present = torch.tensor([[True, False, True], [False, False, True], [True, False, False]])
    found = LateFusion(weights={"image": 6.0, "audio": 3.0, "text": 1.0})(given, present)
    torch.testing.assert_close(found.weights, torch.tensor([[6 / 7, 0, 1 / 7], [0, 0, 1], [1, 0, 0]]))
    torch.testing.assert_close(found.values[1], given["text"][1])
    torch.testing.assert_close(found.values[2], given["image"][2])


def test_tokens_that_are_all_but_impossible_keep_their_rank() -> None:
    given = dict.fromkeys(NAMES, torch.tensor([0.0, -300.0, -900.0]))
    found = LateFusion(weights=NAMES)(given, torch.tensor([True, False, True]))
    torch.testing.assert_close(found.values, torch.tensor([0.0, -300.0, -900.0]))


def test_only_learned_weights_learn_and_they_learn_whom_to_trust() -> None:
    assert not any(each.requires_grad for each in LateFusion(weights=NAMES).parameters())
    fusion = LateFusion(weights=NAMES, learned=True)
    right = torch.tensor([0.9, 0.1]).log()
    given = {"image": right, "audio": right.flip(0), "text": torch.full((2,), 0.5).log()}
    (-fusion(given).values[0]).backward()
    assert fusion.scores.grad is not None
    assert fusion.scores.grad[0] < 0 < fusion.scores.grad[1]


def test_gradients_are_numbers_where_one_is_absent() -> None:
    fusion = LateFusion(weights=NAMES, learned=True)
    given = {name: each.requires_grad_() for name, each in answers(2).items()}
    fusion(given, torch.tensor([[True, False, True], [True, True, False]])).values.sum().backward()
    assert fusion.scores.grad is not None
    assert fusion.scores.grad.isfinite().all()
    assert given["audio"].grad is not None
    assert given["audio"].grad.isfinite().all()
    assert not given["audio"].grad[0].any()


def test_bf16_answers_are_joined_in_fp32() -> None:
    given = {name: each.bfloat16() for name, each in answers(2).items()}
    fusion = LateFusion(weights=NAMES).bfloat16()
    found = fusion(given)
    assert found.values.dtype == torch.float32
    torch.testing.assert_close(found.values, fusion({n: each.float() for n, each in given.items()}).values)


@pytest.mark.parametrize("weights", [{}, {"image": 0.0}, {"image": 1.0, "audio": -1.0}])
def test_weights_must_be_positive(weights: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="expected a positive one for each modality"):
        LateFusion(weights=weights)
