"""How every contender of a comparison is taught: the same steps on the same samples, lessons made once.

The objective, the optimisers and their schedule are those of `sensorium train`. Its loop is not: it draws from the
catalogue of domains and prepares every sample anew, which takes longer here than learning from it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from sensorium.core.errors import EngineError
from sensorium.evaluation.fusion.result import Point
from sensorium.training.answers import Answers
from sensorium.training.average import Average
from sensorium.training.freezing import learning
from sensorium.training.lesson import Lesson
from sensorium.training.objective import Objective
from sensorium.training.optimiser import build_optimisers, rate_factor, set_rates
from sensorium.training.pupil import Pupil
from sensorium.training.recipe import Optimiser

BATCH = 32
POINTS = 20
"""Moments of a run at which held-out samples are looked at, at most."""

_RATE = 0.003
"""Of Muon. At 0.01 the heights were learnt within fifty steps and the colours of the shapes hardly ever."""
_AVERAGING = 0.99
_WARMUP = 0.05


def teach(
    pupil: Pupil, lessons: Sequence[Lesson], held_out: Mapping[str, Sequence[Lesson]], *, steps: int, seed: int
) -> tuple[Point, ...]:
    """Train a model; it is left with the running mean of its weights.

    Args:
        pupil: who learns.
        lessons: to draw batches from.
        held_out: by kind of question.
        steps: of a batch each.
        seed: of the order.

    Returns: how well held-out lessons were known on the way.

    Raises: EngineError when training diverges.
    """
    objective = Answers(pupil, naming=0.0)
    settings = Optimiser(muon_rate=_RATE, warmup=max(1, round(_WARMUP * steps)))
    optimisers = build_optimisers(objective, settings)
    average = Average(pupil.module, _AVERAGING)
    rng = np.random.default_rng(seed)
    every = -(-steps // POINTS)
    curve = []
    objective.train()
    for step in range(steps):
        batch = [lessons[number] for number in rng.integers(len(lessons), size=BATCH)]
        set_rates(optimisers, rate_factor(step, steps, settings))
        _learn(objective, batch, clip=settings.clip)
        for optimiser in optimisers:
            optimiser.step()
        average.update(step)
        if (step + 1) % every == 0 or step + 1 == steps:
            with average.applied():
                curve.append(_point(objective, held_out, step + 1))
    for name, weight in pupil.module.named_parameters():
        weight.data.copy_(average.weights[name])
    pupil.module.eval()
    return tuple(curve)


def _learn(objective: Objective, batch: Sequence[Lesson], *, clip: float) -> None:
    """Leave the clipped gradients of a batch in the parameters."""
    objective.zero_grad()
    for part in objective.parts(batch, objective.amounts(batch)):
        part.loss.backward()
    norm = nn.utils.clip_grad_norm_([parameter for _, parameter in learning(objective)], clip)
    if not bool(torch.isfinite(norm)):
        raise EngineError(
            "fusion compare: gradients are not finite; expected numbers. Run it again with more --samples or fewer "
            "--steps, and report it if it stays so."
        )


def _point(objective: Objective, held_out: Mapping[str, Sequence[Lesson]], step: int) -> Point:
    objective.eval()
    marks = {kind: objective.judge(lessons) for kind, lessons in held_out.items()}
    objective.train()
    return Point(
        step=step,
        loss={kind: each.loss / each.of for kind, each in marks.items()},
        right={kind: float(each.right.float().mean()) for kind, each in marks.items()},
    )
