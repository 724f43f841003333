"""Which optimiser moves which parameter, and how the learning rates go over the run.

Muon (Jordan et al. 2024, torch.optim.Muon) for the weight matrices of transformer blocks and connectors, AdamW for
embeddings, heads, norms, biases and convolutions. The schedule is warm-up, plateau, linear decay (Hu et al. 2024,
MiniCPM): the plateau lets a run be prolonged without having been planned longer.
"""

import torch
from torch import nn

from sensorium.training.recipe import Optimiser


def build_optimisers(model: nn.Module, settings: Optimiser) -> list[torch.optim.Optimizer]:
    """Muon, in two halves of equal work so that two threads can step, and AdamW: over all parameters of the model."""
    matrices, plain, rest = [], [], []
    for name, parameter in model.named_parameters():
        if parameter.ndim == 2 and not any(part in name for part in ("embedding", "namer")):
            matrices.append(parameter)
        elif parameter.ndim > 1:
            plain.append(parameter)
        else:
            rest.append(parameter)
    matrices.sort(key=lambda matrix: matrix.numel())
    muons = [
        torch.optim.Muon(half, lr=settings.muon_rate, weight_decay=settings.weight_decay)
        for half in (matrices[::2], matrices[1::2])
    ]
    adam = torch.optim.AdamW(
        [{"params": plain, "weight_decay": settings.weight_decay}, {"params": rest, "weight_decay": 0.0}],
        lr=settings.adam_rate,
        betas=(0.9, 0.98),
        fused=True,
    )
    optimisers: list[torch.optim.Optimizer] = [*muons, adam]
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["full_rate"] = group["lr"]
    return optimisers


def rate_factor(step: int, steps: int, settings: Optimiser) -> float:
    """The share of the full learning rate at a step (from 0)."""
    warm = min(1.0, (step + 1) / max(1, settings.warmup))
    left = (steps - step) / max(1.0, settings.decay * steps)
    return min(warm, max(0.0, min(1.0, left)))


def set_rates(optimisers: list[torch.optim.Optimizer], factor: float) -> None:
    """Set every group's learning rate to its full rate times `factor`."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = group["full_rate"] * factor
