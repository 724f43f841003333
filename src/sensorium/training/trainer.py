"""A run in progress: its parts, one step of learning, validation, and what is kept."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from sensorium.core.config import to_dict
from sensorium.core.errors import EngineError
from sensorium.data.sample import Domain
from sensorium.training.average import Average
from sensorium.training.checkpoint import Facts, Run, load_run, save_run
from sensorium.training.freezing import Fingerprint, learning
from sensorium.training.lesson import Lesson
from sensorium.training.log import HeldOut, Log, is_stale
from sensorium.training.objective import Amounts
from sensorium.training.objectives import build_objective
from sensorium.training.optimiser import build_optimisers, rate_factor, set_rates
from sensorium.training.preparation import MicroBatch, build_mixture, held_out_lessons
from sensorium.training.processes import find_device, find_processes
from sensorium.training.pupil import Pupil, compose_start, fresh, from_folder, own_tokenizer
from sensorium.training.recipe import Recipe
from sensorium.training.recompute import recompute_blocks
from sensorium.training.shards import whole
from sensorium.training.space_pupil import SpacePupil, space_pupil
from sensorium.training.stage import apply_stage, settle
from sensorium.training.strategy import find_strategy

JUDGED_AT_ONCE = 64
"""Lessons."""


class Trainer:
    """A run in progress; `train` (training/loop.py) is the way to make and drive one."""

    def __init__(self, recipe: Recipe, folder: Path, domains: Mapping[str, Domain] | None = None) -> None:
        self.recipe = recipe
        self.folder = folder
        self.device = find_device()
        self.processes = find_processes(self.device)
        shared = recipe.stage.gathered and self.processes.size > 1
        draws = recipe.optimiser.accumulate
        self.draws = range(draws) if shared else self.processes.draws(draws)
        self.apart = 1 if shared else self.processes.size
        one = shared or self.device.type != "cpu"  # rows are gathered in one order everywhere
        threads = 1 if one else recipe.threads
        torch.set_num_threads(1)  # here and, since OpenMP counts per thread, in every thread of the pool
        self.threads = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
        self.strategy = find_strategy(recipe, self.processes, self.device, self.threads)
        torch.manual_seed(recipe.seed)
        self.mixture = build_mixture(recipe, domains)
        self.pupil = self._begin()
        self.adapter = apply_stage(self.pupil.module, recipe.stage, self.pupil.keymap)
        self.objective = build_objective(recipe, self.pupil, self.processes)
        if recipe.optimiser.recompute:
            recompute_blocks(self.pupil.module)
        settle(self.objective)
        self.frozen = Fingerprint.of(self.objective)
        self.strategy.place(self.objective, self.pupil.module)
        self.parameters = [parameter for _, parameter in learning(self.objective)]
        self.optimisers = build_optimisers(self.objective, recipe.optimiser)
        self.average = Average(self.pupil.module, recipe.averaging)
        self.step = 0
        self.log: Log = []

    def _begin(self) -> Pupil | SpacePupil:
        """The model of `recipe.start`, put together if it is a YAML; else a fresh one and the run's own tokenizer."""
        start = self.recipe.start
        if self.recipe.stage.kind == "contrastive":
            return space_pupil(start)
        anew = self.processes.leads and not self._checkpoint.exists()
        if start is not None and start.endswith((".yaml", ".yml")):
            if anew:
                compose_start(Path(start), self.recipe, self.mixture, self.folder / "start")
            self.processes.wait()
            start = str(self.folder / "start")
        if start is not None:
            return from_folder(start, self.recipe.model)
        path = self.folder / "tokenizer.json"
        tokenizer = own_tokenizer(self.recipe, self.mixture, path, anew=True) if anew else None
        self.processes.wait()
        return fresh(self.recipe, tokenizer or own_tokenizer(self.recipe, self.mixture, path, anew=False))

    @property
    def done(self) -> bool:
        """Whether the last step was taken, or the stage's patience has run out."""
        return self.step >= self.recipe.steps or is_stale(self.log, self.recipe.stage.patience)

    @property
    def _checkpoint(self) -> Path:
        return self.folder / "checkpoint.safetensors"

    @property
    def _state(self) -> Run:
        return Run(self.objective, self.average.weights, self.optimisers)

    @property
    def _fingerprint(self) -> str:
        """A hash of what must not change between the halves of a run; its length and saving times may."""
        settings = to_dict(self.recipe)
        fixed = {name: settings[name] for name in ("mixture", "seed", "micro_batches", "start", "precision", "naming")}
        fixed["stage"] = to_dict(replace(self.recipe.stage, patience=None))
        fixed |= {"accumulate": self.recipe.optimiser.accumulate, "model": self.pupil.shape}
        fixed["frozen"] = self.frozen.digests
        return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()

    def resume(self) -> None:
        """Go on from the folder's checkpoint, if there is one. Raises: CheckpointError when it is of another run."""
        if self._checkpoint.exists():
            facts = load_run(self._checkpoint, self._state, fingerprint=self._fingerprint)
            self.step, self.log = facts.step, facts.log

    def save(self) -> None:
        """Write checkpoint and model folder."""
        facts = Facts(self.step, self.log, self._fingerprint)
        save_run(self._checkpoint, self._state, facts, self.processes)
        self._save_model()

    def finish(self) -> None:
        """See that nothing frozen has moved, and that the model folder is that of the last checkpoint.

        Raises: EngineError when something has.
        """
        self.frozen.check(self.objective)
        self._save_model()  # the run may have been killed between its last checkpoint and the model folder
        self.processes.wait()

    def _save_model(self) -> None:
        with self.average.applied():
            module = self.strategy.complete()
            if module is not None:
                replace(self.pupil, module=module).save(self.folder, self.adapter, base=self.recipe.start)

    def learn(self, batches: list[MicroBatch]) -> dict[str, float]:
        """One step: losses of the micro-batches, their mean gradient, clipped, into the weights and their average.

        Raises: EngineError when the gradients are not finite.
        """
        settings = self.recipe.optimiser
        set_rates(self.optimisers, rate_factor(self.step, self.recipe.steps, settings))
        shares = self._shares(batches)
        # the longest first, so that no thread waits for it at the end
        batches = sorted(batches, key=_work, reverse=True)
        losses = dict.fromkeys(self.mixture.shares, 0.0)
        passes = [self.objective.parts(lessons, shares[name].amounts) for name, lessons in batches]
        for (name, _), loss in zip(batches, self.strategy.backward(passes), strict=True):
            losses[name] += loss / shares[name].count
        count = sum(share.count for share in shares.values())
        for parameter in self.parameters:
            if parameter.grad is not None:
                parameter.grad = parameter.grad / count
        losses = dict(zip(losses, self.processes.summed(list(losses.values())), strict=True))
        losses = {name: losses[name] for name in shares}
        norm = whole(nn.utils.clip_grad_norm_(self.parameters, settings.clip))
        if not bool(torch.isfinite(norm)):
            raise EngineError(
                f"step {self.step}: gradients are not finite (losses {losses}). Lower optimiser.muon_rate and "
                "optimiser.adam_rate; the last checkpoint is kept."
            )
        list(self.threads.map(lambda optimiser: optimiser.step(), self.optimisers))
        self.average.update(self.step)
        self.step += 1
        return losses

    def _shares(self, batches: list[MicroBatch]) -> "dict[str, _Share]":
        """Of each domain of a step the micro-batches in all processes, and the amounts of one of them, in the mean.

        So a token counts as much as any other of its domain, however unequal the micro-batches are.
        """
        found = [(name, self.objective.amounts(lessons)) for name, lessons in batches]
        width = 1 + len(found[0][1])
        table = {name: [0.0] * width for name in self.mixture.shares}
        for name, amounts in found:
            table[name] = [sum(pair) for pair in zip(table[name], (1.0, *amounts), strict=True)]
        sums = self.processes.summed([value for row in table.values() for value in row])
        rows = {name: sums[place * width : (place + 1) * width] for place, name in enumerate(table)}
        return {
            name: _Share(count, tuple(amount / count for amount in amounts))
            for name, (count, *amounts) in rows.items()
            if count
        }

    def held_out(self) -> dict[str, list[Lesson]]:
        """Lessons of each domain that validation is about; of several processes each has its part of them."""
        part = slice(self.processes.rank, None, self.processes.size)
        count = self.recipe.validation_samples
        return {
            name: held_out_lessons(each, self.objective.tutor, count, part=part)
            for name, each in self.mixture.domains.items()
        }

    def validate(self, lessons: dict[str, list[Lesson]]) -> dict[str, HeldOut]:
        """How well the averaged weights know held-out lessons, as they are and with their media blanked, by domain."""
        self.objective.eval()
        with self.average.applied():
            found = self.strategy.look(lambda: [self._judged(group) for group in lessons.values()])
        settle(self.objective)
        sums = self.processes.summed([value for judged in found for value in judged])
        width = len(_Judged._fields)
        table = {name: _Judged(*sums[place * width :][:width]) for place, name in enumerate(lessons)}
        return {name: judged.held_out() for name, judged in table.items() if judged.lessons}

    def _judged(self, lessons: list[Lesson]) -> "_Judged":
        """In this process."""
        right, loss, of = self._marks(lessons)
        media = sum(len(lesson.talk.items) for lesson in lessons)
        blanked = self._marks([lesson.blanked() for lesson in lessons])[1] if media else loss
        return _Judged(right, loss, of, blanked, media, len(lessons))

    def _marks(self, lessons: Sequence[Lesson]) -> tuple[float, float, float]:
        """Sums: lessons that are right, loss, and what it is divided by."""
        sums = (0.0, 0.0, 0.0)
        for start in range(0, len(lessons), JUDGED_AT_ONCE):
            marks = self.objective.judge(lessons[start : start + JUDGED_AT_ONCE])
            sums = (sums[0] + float(marks.right.sum()), sums[1] + marks.loss, sums[2] + marks.of)
        return sums


class _Judged(NamedTuple):
    """Sums over lessons: right ones, loss, what it is divided by, loss with media blanked, media, lessons."""

    right: float
    loss: float
    of: float
    blanked: float
    media: float
    lessons: float

    def held_out(self) -> HeldOut:
        """In the mean."""
        of = self.of or 1.0
        return HeldOut(self.right / self.lessons, self.loss / of, self.blanked / of if self.media else None)


@dataclass(frozen=True)
class _Share:
    """Of a domain in a step: how many micro-batches, and the amounts of one, in the mean."""

    count: float
    amounts: Amounts


def _work(micro_batch: MicroBatch) -> int:
    """About how long a micro-batch takes: its tokens, and its rows four times, since encoders see them finer."""
    return sum(
        len(talk.ids) * lesson.answered + 4 * sum(item.rows for item in talk.items)
        for lesson in micro_batch[1]
        for talk in lesson.talks
    )
