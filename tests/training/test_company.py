"""Passes that other processes make are made here too, and count for nothing."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from sensorium.language.decoder import Decoder
from sensorium.models.early import EarlyFusion
from sensorium.training.company import DONE, READY, Company
from sensorium.training.processes import Alone

PASS = 2


class Beside(Alone):
    """A process beside another one that says this, time after time."""

    def __init__(self, said: Sequence[int]) -> None:
        self.said = list(said)

    def highest(self, number: int) -> int:
        return max(number, self.said.pop(0))


@pytest.fixture
def decoder(tiny_nano: EarlyFusion) -> Decoder:
    return tiny_nano.language


def told(decoder: Decoder, tokens: int = 3) -> Tensor:
    found: Tensor = decoder(torch.randn(2, tokens, decoder.width), torch.arange(tokens).expand(2, tokens))
    return found


def test_who_is_as_far_waits_for_nobody(decoder: Decoder) -> None:
    company = Company(Beside([PASS, READY, DONE]), [decoder])
    told(decoder)
    assert company.keep(READY) == READY
    assert company.keep(DONE) == DONE
    assert company.extras == []


def test_who_is_ahead_goes_along(decoder: Decoder) -> None:
    company = Company(Beside([PASS, PASS, PASS, READY]), [decoder])
    hidden = told(decoder)
    assert company.keep(READY) == READY
    assert [tuple(each.shape) for each in company.extras] == [(1, 1, decoder.width)] * 2
    assert hidden.requires_grad
    assert all(each.requires_grad for each in company.extras)


def test_who_has_nothing_left_goes_backward_with_the_others(decoder: Decoder) -> None:
    company = Company(Beside([PASS, READY]), [decoder])
    assert company.keep(DONE) == READY
    assert len(company.extras) == 1


def test_of_two_decoders_the_one_that_is_asked_for_comes_first(decoder: Decoder, tiny_nano: EarlyFusion) -> None:
    passes: list[str] = []
    other = Decoder(
        embedding=decoder.embedding, layers=[], norm=decoder.norm, kv_heads=decoder.kv_heads, head_width=8, head=None
    )
    Company(Beside([PASS + 1, PASS]), [decoder, other])
    decoder.register_forward_hook(lambda *_: passes.append("first"))
    other.register_forward_hook(lambda *_: passes.append("second"))
    told(decoder)
    assert passes == ["second", "first"]


def test_gradients_go_back_through_frozen_blocks_too(decoder: Decoder) -> None:
    """Whoever has nothing that learns before the decoder must still go back, as others need the blocks."""
    decoder.requires_grad_(False)
    assert not told(decoder).requires_grad
    company = Company(Beside([PASS, PASS, READY]), [decoder])
    assert told(decoder).requires_grad
    company.keep(READY)
    assert company.extras[0].requires_grad


def test_a_look_takes_no_gradients(decoder: Decoder) -> None:
    company = Company(Beside([PASS, PASS, DONE]), [decoder])
    with torch.no_grad():
        told(decoder)
        company.keep(DONE)
    assert not company.extras[0].requires_grad
