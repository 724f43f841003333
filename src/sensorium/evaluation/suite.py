"""A suite: the validation samples of a domain, asked of a model, scored one by one.

An answer that could not be made is `failed`: it counts as wrong in no mean, its number stands beside the score.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sensorium.chat.message import Message
from sensorium.core.errors import SensoriumError
from sensorium.data.mixture import messages
from sensorium.data.sample import Domain, Sample, Turn
from sensorium.evaluation.metrics import score
from sensorium.runtime.batch import Reply, answer_many
from sensorium.runtime.parts import Parts

BATCH = 32
BASELINE_DRAWS = 400


@dataclass(frozen=True)
class Outcome:
    """One question of a suite: answer, probability and kind as in `Reply`.

    `failure` is why there is no answer; then the rest means nothing.
    """

    index: int
    turn: Turn
    answer: str = ""
    probability: float = 0.0
    kind: str = ""
    score: float = 0.0
    failure: str | None = None


def run_suite(
    parts: Parts, domain: Domain, *, count: int, report: Callable[[int, int], None] = lambda _done, _all: None
) -> list[Outcome]:
    """Ask `count` validation questions, spread evenly over all; `report` hears how many of how many are done."""
    chosen = spread(domain, count)
    outcomes: list[Outcome] = []
    for start in range(0, len(chosen), BATCH):
        numbers = chosen[start : start + BATCH]
        outcomes.extend(_ask(parts, numbers, [domain.validation(number) for number in numbers]))
        report(len(outcomes), len(chosen))
    return outcomes


def spread(domain: Domain, count: int) -> list[int]:
    """Numbers of `count` validation samples, spread evenly over all; of all where there are fewer."""
    size = domain.validation_size
    return np.linspace(0, size - 1, min(count, size)).astype(int).tolist()


def answered(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Those that did not fail."""
    return [outcome for outcome in outcomes if outcome.failure is None]


def baseline(domain: Domain, outcomes: Sequence[Outcome]) -> float | None:
    """The mean score of always giving the commonest training answer to questions of each kind and language.

    None where nothing was answered: it is measured on the questions that the model's own score is.
    """
    common: dict[tuple[str, str], Counter[str]] = {}
    for number in range(BASELINE_DRAWS):
        for turn in domain.train(np.random.default_rng([17, number])).turns:
            common.setdefault((turn.kind, turn.language), Counter())[turn.answer] += 1
    scores = []
    for outcome in answered(outcomes):
        counts = common.get((outcome.turn.kind, outcome.turn.language))
        guess = counts.most_common(1)[0][0] if counts else ""
        scores.append(score(outcome.turn, guess))
    return sum(scores) / len(scores) if scores else None


def _ask(parts: Parts, numbers: list[int], samples: list[Sample]) -> Iterator[Outcome]:
    talks = [messages(sample)[:-1] for sample in samples]
    replies: list[Reply | SensoriumError]
    try:
        replies = [*answer_many(parts, talks)]
    except SensoriumError:  # one of them cannot be answered: ask singly to find which
        replies = [_single(parts, talk) for talk in talks]
    for number, sample, reply in zip(numbers, samples, replies, strict=True):
        turn = sample.turns[0]
        if isinstance(reply, SensoriumError):
            yield Outcome(number, turn, failure=str(reply))
        else:
            yield Outcome(number, turn, reply.text, reply.probability, reply.kind, score(turn, reply.text))


def _single(parts: Parts, talk: list[Message]) -> Reply | SensoriumError:
    try:
        return answer_many(parts, [talk])[0]
    except SensoriumError as error:
        return error
