"""The one training loop: a recipe in, a run folder out.

    runs/nano/checkpoint.safetensors   everything that resuming needs, replaced atomically; a model in pieces has
                                       checkpoint-STEP-PROCESS.safetensors beside it
    runs/nano/log.jsonl                loss per domain and validation, line by line; curves.png draws it
    runs/nano/skipped.jsonl            records that were left out, and why
    runs/nano/model/                   the averaged weights as a model folder of the family
    runs/nano/adapter/                 adapters alone, where a stage has them, in the form that peft reads

Killed at any moment, the same command goes on from the last checkpoint and gives the same weights as an
uninterrupted run: samples are functions of (seed, step), and the checkpoint holds all the rest.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic

from sensorium.data.sample import Domain
from sensorium.training.log import LOG, HeldOut, Progress, append_entry, entry, write_log
from sensorium.training.preparation import MicroBatch, Steps, stream
from sensorium.training.pupil import MODEL
from sensorium.training.recipe import Recipe
from sensorium.training.trainer import Trainer

LOG_EVERY = 25


def train(recipe: Recipe, report: Callable[[Progress], None], *, domains: Mapping[str, Domain] | None = None) -> Path:
    """Train a recipe to its last step, or go on with an interrupted run.

    Args:
        recipe: what is learnt, from what.
        report: hears how far it is, every few steps and after each validation.
        domains: of one's own making, by their name in the mixture; whoever goes on with a run gives the same again.

    Returns: the model folder.

    Raises: ConfigError or UsageError for a recipe that cannot be, CheckpointError when the output folder belongs to
    another run, EngineError when training diverges, or what is frozen has moved.
    """
    folder = Path(recipe.output)
    folder.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(recipe, folder, domains)
    trainer.resume()
    if trainer.processes.leads:
        write_log(folder / LOG, trainer.log)  # without what came after the checkpoint
    if not trainer.done:
        _run(trainer, report)
    trainer.finish()
    return folder / MODEL


def _run(trainer: Trainer, report: Callable[[Progress], None]) -> None:
    recipe = trainer.recipe
    lessons = trainer.held_out()
    steps = Steps(trainer.mixture, trainer.objective.tutor, recipe.steps, trainer.draws)
    watch = _Watch(trainer.step, trainer.apart)
    for batches in stream(steps, start=trainer.step, workers=recipe.workers):
        watch.note(batches, trainer.learn(batches))
        last = trainer.step == recipe.steps
        held_out = trainer.validate(lessons) if last or trainer.step % recipe.validate_every == 0 else None
        if held_out is not None or trainer.step % LOG_EVERY == 0:
            trainer.log.append(entry(trainer.step, watch.losses, held_out))
            if trainer.processes.leads:
                append_entry(trainer.folder / LOG, trainer.log[-1])
                report(watch.progress(trainer.step, recipe.steps, trainer.log[-1]["loss"], held_out))
            watch.losses.clear()
        if trainer.done or trainer.step % recipe.save_every == 0:
            trainer.save()
        if trainer.done:
            return


class _Watch:
    """Losses since the last report, and how fast it goes."""

    def __init__(self, first: int, apart: int) -> None:
        """From step `first` on; `apart` processes have samples of their own."""
        self.losses: dict[str, list[float]] = defaultdict(list)
        self._first = first
        self._apart = apart
        self._began = monotonic()
        self._seen = 0

    def note(self, batches: list[MicroBatch], losses: dict[str, float]) -> None:
        for name, loss in losses.items():
            self.losses[name].append(loss)
        self._seen += self._apart * sum(len(group) for _, group in batches)

    def progress(
        self, step: int, steps: int, losses: dict[str, float], held_out: dict[str, HeldOut] | None
    ) -> Progress:
        taken = monotonic() - self._began
        return Progress(
            step=step,
            steps=steps,
            losses=losses,
            samples_per_second=self._seen / taken,
            seconds_left=taken / (step - self._first) * (steps - step),
            held_out=held_out,
        )
