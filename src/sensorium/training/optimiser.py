"""Which optimiser moves which parameter, and how the learning rates go over the run.

Muon (Jordan et al. 2024, torch.optim.Muon) for the weight matrices of transformer blocks and connectors, AdamW for
embeddings, heads, adapters, norms, biases and convolutions. The schedule is warm-up, plateau, linear decay (Hu et al.
2024, MiniCPM): the plateau lets a run be prolonged without having been planned longer. Or a cosine.
"""

import math

import torch
from torch import nn

from sensorium.core.errors import ConfigError
from sensorium.training.freezing import learning, refuse_frozen
from sensorium.training.muon import ShardedMuon
from sensorium.training.recipe import Optimiser
from sensorium.training.shards import is_sharded

_NO_MUON = ("embedding", "namer", "head", "adapters")
"""Parts of names of matrices that Muon is not for."""


def build_optimisers(model: nn.Module, settings: Optimiser) -> list[torch.optim.Optimizer]:
    """Muon, in two halves of equal work so that two threads can step, and AdamW: over all that learns in the model.

    Raises: ConfigError when nothing does.
    """
    matrices, plain, rest = [], [], []
    for name, parameter in learning(model):
        if settings.matrices == "muon" and parameter.ndim == 2 and not any(part in name for part in _NO_MUON):
            matrices.append(parameter)
        elif parameter.ndim > 1:
            plain.append(parameter)
        else:
            rest.append(parameter)
    matrices.sort(key=lambda matrix: matrix.numel())
    optimisers: list[torch.optim.Optimizer] = [
        (ShardedMuon if is_sharded(half[0]) else torch.optim.Muon)(
            half, lr=settings.muon_rate, weight_decay=settings.weight_decay
        )
        for half in (matrices[::2], matrices[1::2])
        if half
    ]
    groups = [(plain, settings.weight_decay), (rest, 0.0)]
    if plain or rest:
        optimisers.append(
            torch.optim.AdamW(
                [{"params": members, "weight_decay": decay} for members, decay in groups if members],
                lr=settings.adam_rate,
                betas=(0.9, 0.98),
                fused=True,
            )
        )
    if not optimisers:
        raise ConfigError("recipe: nothing learns, as all is frozen. Say what to train: stage.train.")
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["full_rate"] = group["lr"]
    refuse_frozen(model, optimisers)
    return optimisers


def rate_factor(step: int, steps: int, settings: Optimiser) -> float:
    """The share of the full learning rate at a step (from 0)."""
    warm = min(1.0, (step + 1) / max(1, settings.warmup))
    if settings.schedule == "cosine":
        return warm * (1 + math.cos(math.pi * min(1.0, step / steps))) / 2
    left = (steps - step) / max(1.0, settings.decay * steps)
    return min(warm, max(0.0, min(1.0, left)))


def set_rates(optimisers: list[torch.optim.Optimizer], factor: float) -> None:
    """Set every group's learning rate to its full rate times `factor`."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = group["full_rate"] * factor
