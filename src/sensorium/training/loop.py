"""The one training loop: a recipe in, a run folder out.

    runs/nano/checkpoint.safetensors   everything that resuming needs, replaced atomically
    runs/nano/log.json                 loss per domain and validation, step by step; curves.png draws it
    runs/nano/model/                   the averaged weights as a model folder (models/nano/folder.py)

Killed at any moment, the same command goes on from the last checkpoint and gives the same weights as an
uninterrupted run: samples are functions of (seed, step), and the checkpoint holds all the rest.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import torch
from torch import Tensor, nn

from sensorium.chat.tokenizer import Tokenizer
from sensorium.core.config import to_dict
from sensorium.core.errors import ConfigError, EngineError
from sensorium.core.files import write_atomic
from sensorium.inputs.assemble import Assembler
from sensorium.inputs.batching import Talk
from sensorium.models.early import EarlyFusion
from sensorium.models.nano.folder import load_nano, save_nano
from sensorium.models.nano.model import build
from sensorium.training.checkpoint import Run, load_run, save_run
from sensorium.training.lesson import Lesson
from sensorium.training.objective import Objective, answers_right
from sensorium.training.optimiser import build_optimisers, rate_factor, set_rates
from sensorium.training.preparation import MicroBatch, Steps, build_mixture, stream, train_tokenizer, validation_talks
from sensorium.training.recipe import Recipe

Log = list[dict[str, Any]]

LOG_EVERY = 25
CHUNKS = 3
"""Parts by length that the answered lessons of a micro-batch are computed in."""


@dataclass(frozen=True)
class Progress:
    """What a run reports: mean losses by domain since the last report, and at times `validation` (share right)."""

    step: int
    steps: int
    losses: dict[str, float]
    samples_per_second: float
    seconds_left: float
    validation: dict[str, float] | None = None


class Trainer:
    """A run in progress; `train` is the way to make and drive one."""

    def __init__(self, recipe: Recipe, folder: Path) -> None:
        self.recipe = recipe
        self.folder = folder
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        threads = recipe.threads if self.device.type == "cpu" else 1
        torch.set_num_threads(1)  # here and, since OpenMP counts per thread, in every thread of the pool
        self.threads = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
        torch.manual_seed(recipe.seed)
        self.mixture = build_mixture(recipe)
        self.tokenizer, self.model = self._begin()
        self.assembler = Assembler(self.tokenizer, recipe.model.inputs)
        self.objective = Objective(self.model).to(self.device)
        self.optimisers = build_optimisers(self.objective, recipe.optimiser)
        self.average = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.step = 0
        self.log: Log = []

    def _begin(self) -> tuple[Tokenizer, EarlyFusion]:
        """Tokenizer and model: those of `recipe.start`, else the run's own tokenizer file and fresh weights."""
        if self.recipe.start is not None:
            model, config, tokenizer = load_nano(Path(self.recipe.start))
            if config != self.recipe.model:
                raise ConfigError(
                    f"recipe: start is {self.recipe.start}, a model of other sizes or inputs than the recipe's model. "
                    "Write that folder's config.json and inputs.json into the recipe."
                )
            return tokenizer, model.train().to(self.device)
        path = self.folder / "tokenizer.json"
        if not self._checkpoint.exists():  # a tokenizer alone may be another recipe's
            write_atomic(path, train_tokenizer(self.recipe, self.mixture).to_json().encode())
        return Tokenizer.from_file(path), build(self.recipe.model).to(self.device)

    @property
    def _checkpoint(self) -> Path:
        return self.folder / "checkpoint.safetensors"

    @property
    def _state(self) -> Run:
        return Run(self.objective, self.average, self.optimisers)

    @property
    def _fingerprint(self) -> str:
        """A hash of what must not change between the halves of a run; its length and saving times may."""
        settings = to_dict(self.recipe)
        fixed = {
            name: settings[name]
            for name in ("model", "mixture", "seed", "micro_batches", "start", "precision", "naming")
        }
        return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()

    def resume(self) -> None:
        """Go on from the folder's checkpoint, if there is one. Raises: CheckpointError when it is of another run."""
        if self._checkpoint.exists():
            self.step, self.log = load_run(self._checkpoint, self._state, fingerprint=self._fingerprint)

    def save(self) -> None:
        """Write checkpoint, log and the model folder."""
        save_run(self._checkpoint, self._state, step=self.step, log=self.log, fingerprint=self._fingerprint)
        write_atomic(self.folder / "log.json", json.dumps(self.log).encode())
        save_nano(self.folder / "model", self.recipe.model, self.tokenizer, self.average)

    def learn(self, batches: list[MicroBatch]) -> dict[str, float]:
        """One step: losses of the micro-batches, their mean gradient, clipped, into the weights and their average.

        Micro-batches run side by side, one thread each: on few cores that wastes less than splitting every small
        operation, and does not stall when another program takes a core. Gradients are added in the order of the
        micro-batches, so the sum does not depend on which thread was first.

        Raises: EngineError when the gradients are not finite.
        """
        settings = self.recipe.optimiser
        set_rates(self.optimisers, rate_factor(self.step, self.recipe.steps, settings))
        batches = sorted(
            batches, key=_work, reverse=True
        )  # the longest first, so that no thread waits for it at the end
        parameters = list(self.objective.parameters())
        losses: dict[str, float] = {}
        total: list[Tensor | None] = [None] * len(parameters)
        for (name, _), (loss, gradients) in zip(batches, self.threads.map(self._gradients, batches), strict=True):
            losses[name] = loss
            total = [_sum(*pair) for pair in zip(total, gradients, strict=True)]
        for parameter, gradient in zip(parameters, total, strict=True):
            # None where no micro-batch came by: a zero would still let momentum move the weights.
            parameter.grad = None if gradient is None else gradient / len(batches)
        norm = nn.utils.clip_grad_norm_(parameters, settings.clip)
        if not bool(torch.isfinite(norm)):
            raise EngineError(
                f"step {self.step}: gradients are not finite (losses {losses}). Lower optimiser.muon_rate and "
                "optimiser.adam_rate; the last checkpoint is kept."
            )
        list(self.threads.map(lambda optimiser: optimiser.step(), self.optimisers))
        self._update_average()
        self.step += 1
        return losses

    def _gradients(self, micro_batch: MicroBatch) -> tuple[float, list[Tensor | None]]:
        """Mean loss of a micro-batch's tokens and its gradients; None for parameters that it does not touch.

        Talks of like length go through together, so that little is spent on padding.
        """
        lessons = micro_batch[1]
        total = sum(sum(lesson.talk.weights) for lesson in lessons if lesson.answered)
        parameters = list(self.objective.parameters())
        loss, gradients = 0.0, list[Tensor | None]([None] * len(parameters))
        with self._precision():  # around all parts, so that weights are cast once
            for chunk in _chunks(lessons):
                batch = self.assembler.training_batch([lesson.talk for lesson in chunk])
                losses = self.objective(batch.to(self.device), chunk)
                part = losses.answers / total + self.recipe.naming * losses.names / len(lessons)
                loss += losses.answers.item() / total
                found = torch.autograd.grad(part, parameters, allow_unused=True)
                gradients = [_sum(*pair) for pair in zip(gradients, found, strict=True)]
        return loss, gradients

    @torch.no_grad()
    def _update_average(self) -> None:
        keep = min(self.recipe.averaging, (self.step + 1) / (self.step + 10))  # young averages forget faster
        for name, value in self.model.state_dict().items():
            self.average[name].lerp_(value, 1.0 - keep)

    def validate(self, talks: dict[str, list[Talk]]) -> dict[str, float]:
        """Share of answers that the averaged weights get right, by domain."""
        weights = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(self.average)
        self.model.eval()
        shares = {name: self._share_right(group) for name, group in talks.items() if group}
        self.model.train()
        self.model.load_state_dict(weights)
        return shares

    def _share_right(self, talks: list[Talk]) -> float:
        right = 0
        for start in range(0, len(talks), 64):
            batch = self.assembler.training_batch(talks[start : start + 64]).to(self.device)
            with self._precision():
                right += int(answers_right(self.model, batch).sum())
        return right / len(talks)

    def _precision(self) -> Any:
        if self.recipe.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)


def train(recipe: Recipe, report: Callable[[Progress], None]) -> Path:
    """Train a recipe to its last step, or go on with an interrupted run. Returns: the model folder.

    Raises: ConfigError or UsageError for a recipe that cannot be, CheckpointError when the output folder belongs to
    another run, EngineError when training diverges.
    """
    folder = Path(recipe.output)
    folder.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(recipe, folder)
    trainer.resume()
    if trainer.step >= recipe.steps:
        trainer.save()  # the run may have been killed between its last checkpoint and the model folder
        return folder / "model"
    talks = {
        name: validation_talks(each, trainer.assembler, recipe.validation_samples)
        for name, each in trainer.mixture.domains.items()
    }
    steps = Steps(trainer.mixture, trainer.assembler, recipe.steps)
    recent: dict[str, list[float]] = defaultdict(list)
    first, began, seen = trainer.step, monotonic(), 0
    for batches in stream(steps, start=trainer.step, workers=recipe.workers):
        for name, loss in trainer.learn(batches).items():
            recent[name].append(loss)
        seen += sum(len(group) for _, group in batches)
        last = trainer.step == recipe.steps
        validation = trainer.validate(talks) if last or trainer.step % recipe.validate_every == 0 else None
        if validation or trainer.step % LOG_EVERY == 0:
            trainer.log.append(_entry(trainer.step, recent, validation))
            pace = (monotonic() - began) / (trainer.step - first)
            report(
                Progress(
                    step=trainer.step,
                    steps=recipe.steps,
                    losses=trainer.log[-1]["loss"],
                    samples_per_second=seen / (monotonic() - began),
                    seconds_left=pace * (recipe.steps - trainer.step),
                    validation=validation,
                )
            )
            recent.clear()
        if last or trainer.step % recipe.save_every == 0:
            trainer.save()
    return folder / "model"


def _chunks(lessons: list[Lesson]) -> list[list[Lesson]]:
    """The answered lessons in parts of like length, then those that are only named."""
    answered = sorted((each for each in lessons if each.answered), key=lambda lesson: len(lesson.talk.ids))
    size = -(-len(answered) // CHUNKS)
    parts = [answered[start : start + size] for start in range(0, len(answered), size)]
    return [part for part in (*parts, [each for each in lessons if not each.answered]) if part]


def _work(micro_batch: MicroBatch) -> int:
    """About how long a micro-batch takes: its tokens, and its rows four times, since encoders see them finer."""
    return sum(
        len(lesson.talk.ids) * lesson.answered + 4 * sum(item.rows for item in lesson.talk.items)
        for lesson in micro_batch[1]
    )


def _sum(first: Tensor | None, second: Tensor | None) -> Tensor | None:
    if first is None or second is None:
        return second if first is None else first
    return first + second


def _entry(step: int, recent: dict[str, list[float]], validation: dict[str, float] | None) -> dict[str, Any]:
    losses = {name: round(sum(values) / len(values), 4) for name, values in recent.items()}
    return {"step": step, "loss": losses} | ({"validation": validation} if validation else {})
