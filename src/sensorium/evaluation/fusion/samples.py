"""The samples of a comparison, the same for all of its runs: to learn from, to watch learning with, to be asked.

Those to learn from lack media now and then (modality dropout): what is taken away is missing or blank. Noise is never
trained on, so that what it does to an answer shows what a model makes of damage that it does not know.
"""

from collections.abc import Iterator

import numpy as np
import torch

from sensorium.data.sample import Sample
from sensorium.data.synthetic.draws import one_of
from sensorium.evaluation.fusion.damage import Damage, damaged
from sensorium.evaluation.fusion.task import KINDS, TASKS, Beside, Kind, draw
from sensorium.fusion.presence import drop_modalities

DROPPED = 0.3
"""The chance of a medium to be taken away in training; of both, one stays."""

HELD_OUT = 50
"""Samples of each kind that learning is watched with."""

_SEED = 8_101
_LEARNT, _HELD_OUT, _ASKED = range(3)
_DROPS: tuple[Damage, ...] = ("missing", "blank")


def learnt(count: int, beside: Beside) -> Iterator[Sample]:
    """Samples of all kinds in turn, with modality dropout."""
    modalities = TASKS[beside].modalities
    everything = torch.ones(count, len(modalities), dtype=torch.bool)
    kept = drop_modalities(everything, DROPPED, generator=torch.Generator().manual_seed(_SEED))
    for number, stays in enumerate(kept.tolist()):
        sample, rng = _numbered(KINDS[number % len(KINDS)], beside, _LEARNT, number)
        for modality, stay in zip(modalities, stays, strict=True):
            if not stay:
                sample = damaged(rng, sample, modality=modality, damage=one_of(rng, _DROPS))
        yield sample


def held_out(kind: Kind, beside: Beside) -> Iterator[Sample]:
    """Whole samples of a kind."""
    return (_numbered(kind, beside, _HELD_OUT, number)[0] for number in range(HELD_OUT))


def asked(kind: Kind, beside: Beside, count: int) -> Iterator[tuple[Sample, np.random.Generator]]:
    """Whole samples that trained models are asked about, and a generator for damage to each."""
    return (_numbered(kind, beside, _ASKED, number) for number in range(count))


def _numbered(kind: Kind, beside: Beside, part: int, number: int) -> tuple[Sample, np.random.Generator]:
    rng = np.random.default_rng([_SEED, KINDS.index(kind), part, number])
    return draw(rng, kind, beside), rng
