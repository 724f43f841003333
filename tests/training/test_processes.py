"""Draws are shared evenly, and one process adds nothing."""

import pytest
import torch

from sensorium.core.errors import ConfigError
from sensorium.training.processes import Alone, Several, find_processes


def test_one_process_makes_all_draws_and_adds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    alone = find_processes(torch.device("cpu"))
    assert isinstance(alone, Alone)
    assert (alone.leads, list(alone.draws(3)), alone.summed([1.0, 2.0])) == (True, [0, 1, 2], [1.0, 2.0])
    assert alone.highest(3) == 3
    gradients = [None, torch.ones(2)]
    assert alone.added(gradients, [torch.ones(1), torch.ones(2)]) is gradients


@pytest.mark.parametrize(("rank", "draws"), [(0, [0, 2]), (1, [1, 3])])
def test_draws_are_shared_evenly_or_not_at_all(monkeypatch: pytest.MonkeyPatch, rank: int, draws: list[int]) -> None:
    monkeypatch.setattr("torch.distributed.get_rank", lambda: rank)
    monkeypatch.setattr("torch.distributed.get_world_size", lambda: 2)
    several = Several()
    assert list(several.draws(4)) == draws
    assert several.leads == (rank == 0)
    with pytest.raises(ConfigError, match=r"accumulate is 3, for 2 processes.* Set optimiser\.accumulate=2"):
        several.draws(3)
    with pytest.raises(ConfigError, match=r"accumulate is 1, for 2 processes.* Set optimiser\.accumulate=2"):
        several.draws(1)
