"""One run: a fusion is trained from a seed, and asked in every condition."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import torch

from sensorium.chat.template import SPECIAL_TOKENS
from sensorium.chat.tokenizer import Tokenizer
from sensorium.data.sample import Sample
from sensorium.evaluation.fusion.course import teach
from sensorium.evaluation.fusion.damage import DAMAGES, damaged
from sensorium.evaluation.fusion.result import WHOLE, Measured, Point, Run, Tally, mean
from sensorium.evaluation.fusion.samples import asked, held_out, learnt
from sensorium.evaluation.fusion.settings import Settings, parameters
from sensorium.evaluation.fusion.task import KINDS, TASKS, Beside, texts
from sensorium.evaluation.metrics import score
from sensorium.models.composed.compose import compose
from sensorium.models.composed.config import ComposedConfig
from sensorium.models.composed.folder import FAMILY, save
from sensorium.runtime.local import LocalModel
from sensorium.runtime.parts import read_parts
from sensorium.training.lesson import prepare
from sensorium.training.pupil import from_folder

LONGEST = 12
"""Tokens of an answer."""

Harm = Callable[[np.random.Generator, Sample], Sample]
"""What is done to a sample before it is asked about."""


@dataclass(frozen=True)
class Start:
    """What a run begins from: its fusion, the model of it, the seed of weights and order."""

    fusion: str
    model: ComposedConfig
    seed: int

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.fusion}-{self.seed}"


def carry_out(start: Start, settings: Settings, folder: Path) -> Run:
    """Train, ask, and say what was found; the model is left in the folder.

    Raises: EngineError when training diverges; OSError when a file cannot be written.
    """
    curve = _train(start, settings, folder)
    model = LocalModel(read_parts(FAMILY, folder, name=start.name))
    replies = {name: [*_asked(model, settings, harm)] for name, harm in _conditions(settings.beside).items()}
    whole = replies[WHOLE]
    return Run(
        fusion=start.fusion,
        seed=start.seed,
        parameters=parameters(start.model),
        tokens=mean(reply.tokens for reply in whole),
        milliseconds=1000 * median(reply.seconds for reply in whole),
        conditions={name: _measured(each, settings.beside) for name, each in replies.items()},
        curve=curve,
    )


def _train(start: Start, settings: Settings, folder: Path) -> tuple[Point, ...]:
    torch.manual_seed(start.seed)
    room = start.model.language.decoder().vocabulary
    words = Tokenizer.train(texts(settings.beside), vocabulary=room, special=SPECIAL_TOKENS)
    save(folder, compose(start.model, tokenizer=words))
    pupil = from_folder(str(folder), None)
    curve = teach(
        pupil,
        [prepare(sample, pupil.assembler) for sample in learnt(settings.samples, settings.beside)],
        {kind: [prepare(sample, pupil.assembler) for sample in held_out(kind, settings.beside)] for kind in KINDS},
        steps=settings.steps,
        seed=start.seed,
    )
    pupil.write(folder, pupil.module)
    return curve


@dataclass(frozen=True)
class _Reply:
    """Of one question: its kind, whether it was answered right, what was counted and timed."""

    kind: str
    right: bool
    weights: dict[str, float] | None
    tokens: int
    seconds: float


def _conditions(beside: Beside) -> dict[str, Harm]:
    harms: dict[str, Harm] = {WHOLE: lambda _, sample: sample}
    for modality in TASKS[beside].modalities:
        for damage in DAMAGES:
            harms[f"{modality} {damage}"] = partial(damaged, modality=modality, damage=damage)
    return harms


def _asked(model: LocalModel, settings: Settings, harm: Harm) -> Iterator[_Reply]:
    for kind in KINDS:
        for sample, rng in asked(kind, settings.beside, settings.questions):
            yield _reply(model, harm(rng, sample))


def _reply(model: LocalModel, sample: Sample) -> _Reply:
    turn = sample.turns[0]
    answer = model.ask(turn.question, *sample.media, max_tokens=LONGEST)
    return _Reply(
        kind=turn.kind,
        right=score(turn, answer.text) == 1.0,
        weights=answer.modality_weights,
        tokens=answer.usage.prompt_tokens,
        seconds=answer.timings.total,
    )


def _measured(replies: Sequence[_Reply], beside: Beside) -> Measured:
    """Words have no gate, so beside them nothing can be said of a picture's weight."""
    modalities = TASKS[beside].modalities
    found = [reply.weights for reply in replies if reply.weights is not None and "text" not in modalities]
    weights: dict[str, float] = {name: mean(each[name] for each in found) for name in modalities if found}
    answers: dict[str, Tally] = {}
    for kind in KINDS:
        rights = [reply.right for reply in replies if reply.kind == kind]
        answers[kind] = Tally(sum(rights), len(rights))
    return Measured(answers, weights or None)
