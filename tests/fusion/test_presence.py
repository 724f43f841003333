"""Absent modalities count nothing, and practice in doing without never takes the last one."""

import pytest
import torch

from sensorium.core.errors import ConfigError
from sensorium.fusion.presence import blanked, drop_modalities, log_shares, shares

NAN = float("nan")


def test_shares_are_a_softmax_over_those_present() -> None:
    scores = torch.tensor([[1.0, 2.0, 4.0]]).log().expand(4, -1)
    present = torch.tensor([[1, 1, 1], [1, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=torch.bool)
    expected = torch.tensor([[1 / 7, 2 / 7, 4 / 7], [1 / 3, 2 / 3, 0], [0, 0, 1], [0, 0, 0]])
    torch.testing.assert_close(shares(scores, present), expected)
    torch.testing.assert_close(shares(scores[:1], None), expected[:1])
    torch.testing.assert_close(log_shares(scores, present)[:3].exp(), expected[:3])


def test_shares_keep_the_type_and_gradients_are_numbers() -> None:
    scores = torch.randn(2, 3, dtype=torch.bfloat16, requires_grad=True)
    found = shares(scores, torch.tensor([[True, False, True], [False, False, False]]))
    assert found.dtype == torch.bfloat16
    (found * torch.randn(2, 3)).sum().backward()
    assert scores.grad is not None
    assert scores.grad.isfinite().all()
    assert scores.grad[0, 1] == 0


def test_what_is_absent_is_blanked_whatever_it_holds() -> None:
    values = {"b": torch.full((2, 3), NAN), "a": torch.ones(2, 1)}
    present = torch.tensor([[True, False], [False, False]])
    first, second = blanked(values, ("a", "b"), present)
    assert first.tolist() == [[1.0], [0.0]]
    assert not second.any()


def test_other_names_are_refused() -> None:
    with pytest.raises(ConfigError, match="got values of audio; expected image, audio"):
        blanked({"audio": torch.ones(1)}, ("image", "audio"), None)


def test_dropout_takes_its_share_but_never_the_last() -> None:
    generator = torch.Generator().manual_seed(0)
    present = torch.tensor([[True, True, True], [True, False, True], [False, True, False], [False, False, False]])
    drawn = torch.stack([drop_modalities(present, 0.4, generator=generator) for _ in range(4000)])  # [draws, 4, M]
    assert not (drawn & ~present).any()
    assert torch.equal(drawn.any(dim=-1).all(dim=0), present.any(dim=-1))
    # Of two, one that would be dropped stays where the other is dropped too, and then in half of the cases.
    assert drawn[:, 1, 0].float().mean().item() == pytest.approx(0.6 + 0.4 * 0.4 / 2, abs=0.03)
    assert drawn[:, 0].all(dim=-1).float().mean().item() == pytest.approx(0.6**3, abs=0.03)


def test_dropout_of_nothing_changes_nothing() -> None:
    present = torch.tensor([[True, False], [True, True]])
    assert torch.equal(drop_modalities(present, 0.0), present)
