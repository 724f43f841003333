"""Modalities that are there and those that are not: who counts how much, and practice in doing without.

`present` is [..., M] bool throughout, M the modalities in the order in which a module was given them; None for all.
What is absent may hold anything, not-a-number included: it is blanked before it is touched.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import ConfigError


class Fused(NamedTuple):
    """values: what came of it, [..., D]. weights: [..., M], how much each modality counted; they sum to 1."""

    values: Tensor
    weights: Tensor


def log_shares(scores: Tensor, present: Tensor | None) -> Tensor:
    """Logarithms of `shares`, in fp32; hugely negative where absent, so that gradients stay numbers."""
    scores = scores.float()
    if present is not None:
        scores = scores.masked_fill(~present, torch.finfo(scores.dtype).min)
    return scores.log_softmax(dim=-1)


def shares(scores: Tensor, present: Tensor | None) -> Tensor:
    """Softmax over the modalities that are present, 0 for the others. Inputs: scores: [..., M]. Returns: [..., M]."""
    found = log_shares(scores, present).exp().to(scores.dtype)
    return found if present is None else found.masked_fill(~present, 0.0)


def blanked(values: Mapping[str, Tensor], modalities: Sequence[str], present: Tensor | None) -> list[Tensor]:
    """Values [..., D] of all modalities in their order, zeros where absent.

    Raises: ConfigError when the names are not those of `modalities`.
    """
    if set(values) != set(modalities):
        raise ConfigError(
            f"fusion: got values of {', '.join(sorted(values)) or 'nothing'}; expected {', '.join(modalities)}. Give "
            "all of them, anything of the right shape for an absent one, and say in `present` which are there."
        )
    ordered = [values[name] for name in modalities]
    if present is None:
        return ordered
    there = present.unsqueeze(-1).unbind(dim=-2)  # M times [..., 1]
    return [each.masked_fill(~here, 0.0) for each, here in zip(ordered, there, strict=True)]


def drop_modalities(present: Tensor, rate: float, *, generator: torch.Generator | None = None) -> Tensor:
    """Modality dropout for training: take each modality away with probability `rate`, but never the last one.

    Neverova et al. 2015. A model that never missed one in training goes astray when one is missing.

    Inputs: present: [..., M]. Returns: the same with fewer True; as many False where there was none.
    """
    draw = torch.rand(present.shape, generator=generator, device=present.device).masked_fill(~present, -1.0)
    luckiest = F.one_hot(draw.argmax(dim=-1), present.shape[-1]).bool()
    return present & ((draw >= rate) | luckiest)
