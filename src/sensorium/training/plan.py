"""What a run would be: learnt parts, memory, tokens and time, from two steps that are thrown away."""

import resource
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import torch
from torch import Tensor

from sensorium.data.records.formats import open_rows
from sensorium.training.freezing import Part, parts
from sensorium.training.preparation import MicroBatch, Steps
from sensorium.training.recipe import Recipe
from sensorium.training.trainer import Trainer

MEASURED = 2
"""Steps; the last one is timed."""


@dataclass(frozen=True)
class Epoch:
    """Of a file: its records, and about how many tokens they have, rows of media included."""

    records: int
    tokens: int


@dataclass(frozen=True)
class Plan:
    """What a run would be.

    parts: of the model, with how much of each is learnt.
    kept: bytes of weights, gradients, optimisers and the mean of the weights. peak: bytes of the process so far, on a
        GPU of what was taken there.
    tokens, samples, seconds: of one step, in this process. steps: of the run.
    epochs: by domain, of those that are files.
    """

    parts: tuple[Part, ...]
    kept: int
    peak: int
    tokens: int
    samples: int
    seconds: float
    steps: int
    epochs: dict[str, Epoch]


def make_plan(recipe: Recipe) -> Plan:
    """Begin a run, take two steps, and leave nothing behind. Raises: as `loop.train`."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(replace(recipe, output=folder), Path(folder))
        steps = Steps(trainer.mixture, trainer.objective.tutor, MEASURED, trainer.draws)
        for number in range(MEASURED):
            began = monotonic()
            batches = steps[number]
            trainer.learn(batches)
            seconds = monotonic() - began
        return Plan(
            parts=parts(trainer.pupil.module),
            kept=_kept(trainer),
            peak=_peak(trainer.device),
            tokens=sum(_tokens(batch) for batch in batches),
            samples=sum(len(lessons) for _, lessons in batches),
            seconds=seconds,
            steps=recipe.steps,
            epochs=_epochs(recipe, batches),
        )


def _tokens(batch: MicroBatch) -> int:
    return sum(len(talk.ids) for lesson in batch[1] for talk in lesson.talks)


def _kept(trainer: Trainer) -> int:
    objective = trainer.objective  # of it, what two networks share counts once
    held: list[Tensor] = [*objective.parameters(), *objective.buffers(), *trainer.average.weights.values()]
    held += [each.grad for each in trainer.parameters if each.grad is not None]
    for optimiser in trainer.optimisers:
        held += [value for state in optimiser.state.values() for value in state.values() if isinstance(value, Tensor)]
    return sum(each.numel() * each.element_size() for each in held)


def _peak(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    unit = 1 if sys.platform == "darwin" else 1024  # of what the system counts in
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _epochs(recipe: Recipe, batches: list[MicroBatch]) -> dict[str, Epoch]:
    """Records of each file that is drawn from, and their tokens by the mean of those that were seen."""
    seen = {name: (_tokens((name, lessons)), len(lessons)) for name, lessons in batches}
    every, count = (sum(pair[place] for pair in seen.values()) for place in (0, 1))
    epochs = {}
    for name, share in recipe.mixture.items():
        if share.file is not None:
            tokens, lessons = seen.get(name, (every, count))
            records = len(open_rows(Path(share.file)))
            epochs[name] = Epoch(records, round(records * tokens / lessons))
    return epochs
