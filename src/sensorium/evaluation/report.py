"""Scores of suites as numbers that can be quoted: mean, interval, baseline, by kind of question; JSON and Markdown."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sensorium.evaluation.metrics import interval
from sensorium.evaluation.suite import Outcome


@dataclass(frozen=True)
class Result:
    """The score of one domain. `kinds` has the mean score and the number of questions of each kind."""

    domain: str
    score: float
    low: float
    high: float
    baseline: float
    count: int
    failed: int
    kinds: dict[str, tuple[float, int]]


def summarise(domain: str, outcomes: Sequence[Outcome], baseline: float) -> Result:
    """Means over the questions that were answered; the failed ones are counted apart."""
    answered = [outcome for outcome in outcomes if outcome.failure is None]
    scores = [outcome.score for outcome in answered] or [0.0]
    low, high = interval(scores)
    kinds: dict[str, list[float]] = defaultdict(list)
    for outcome in answered:
        kinds[outcome.turn.kind].append(outcome.score)
    return Result(
        domain=domain,
        score=round(sum(scores) / len(scores), 4),
        low=round(low, 4),
        high=round(high, 4),
        baseline=round(baseline, 4),
        count=len(answered),
        failed=len(outcomes) - len(answered),
        kinds={kind: (round(sum(each) / len(each), 4), len(each)) for kind, each in sorted(kinds.items())},
    )


def table(results: Sequence[Result]) -> str:
    """A Markdown table, one line per domain."""
    lines = ["| domain | score | 95 % interval | commonest answer | questions | failed |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {each.domain} | {each.score:.3f} | {each.low:.3f} to {each.high:.3f} | {each.baseline:.3f} "
        f"| {each.count} | {each.failed} |"
        for each in results
    ]
    return "\n".join(lines) + "\n"
