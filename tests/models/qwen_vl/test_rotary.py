"""Which axis turns which pair, and that text turns as in any other model."""

import pytest
import torch

from sensorium.core.errors import ConfigError
from sensorium.models.qwen_vl.rotary import SpaceTimeRotary, chunked, interleaved
from sensorium.nn.rotary import Rotary, frequencies


def test_axes_in_sections_and_in_turns() -> None:
    assert chunked((2, 3, 1)).tolist() == [0, 0, 1, 1, 1, 2]
    assert interleaved((4, 2, 2)).tolist() == [0, 1, 2, 0, 1, 2, 0, 0]
    assert interleaved((24, 20, 20)).bincount().tolist() == [24, 20, 20]


@pytest.mark.parametrize("axes", [chunked((2, 3, 3)), interleaved((4, 2, 2))])
def test_text_turns_as_always(axes: torch.Tensor) -> None:
    rotary = SpaceTimeRotary(axes, head_width=16, base=1e4)
    positions = torch.randint(0, 500, (2, 7))
    found = rotary(positions.unsqueeze(-1).expand(-1, -1, 3))
    for got, expected in zip(found, Rotary(frequencies(16, base=1e4))(positions), strict=True):
        assert torch.equal(got, expected)


def test_each_pair_turns_by_its_own_axis() -> None:
    rotary = SpaceTimeRotary(interleaved((4, 2, 2)), head_width=16, base=1e4)
    still = rotary(torch.zeros(1, 1, 3))[0]
    for axis in range(3):
        turned = rotary(torch.nn.functional.one_hot(torch.tensor([[axis]]), 3) * 5)[0]
        assert (turned != still)[0, 0].nonzero().flatten().tolist() == [
            index for index, each in enumerate(interleaved((4, 2, 2)).tolist()) if each == axis
        ]


def test_sections_that_do_not_fill_a_head_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"shares out 7 pairs; expected 8.*Correct"):
        SpaceTimeRotary(chunked((2, 3, 2)), head_width=16, base=1e4)
