"""Scores of suites as numbers that can be quoted: mean, interval, baseline, by kind of question; JSON and Markdown."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sensorium.core.statistics import interval
from sensorium.evaluation.suite import Outcome, answered


@dataclass(frozen=True)
class Result:
    """The score of one domain, the ends of its 95 % interval and its baseline; None where nothing was answered.

    `kinds` has the mean score and the number of questions of each kind, `failure` why the first failed one did.
    """

    domain: str
    score: float | None
    low: float | None
    high: float | None
    baseline: float | None
    count: int
    failed: int
    kinds: dict[str, tuple[float, int]]
    failure: str | None = None


def summarise(domain: str, outcomes: Sequence[Outcome], baseline: float | None) -> Result:
    """Means over the questions that were answered; the failed ones are counted apart."""
    good = answered(outcomes)
    scores = [outcome.score for outcome in good]
    low, high = interval(scores) if scores else (None, None)
    kinds: dict[str, list[float]] = defaultdict(list)
    for outcome in good:
        kinds[outcome.turn.kind].append(outcome.score)
    return Result(
        domain=domain,
        score=_rounded(_mean(scores)) if scores else None,
        low=_rounded(low),
        high=_rounded(high),
        baseline=_rounded(baseline),
        count=len(good),
        failed=len(outcomes) - len(good),
        kinds={kind: (round(_mean(each), 4), len(each)) for kind, each in sorted(kinds.items())},
        failure=next((outcome.failure for outcome in outcomes if outcome.failure is not None), None),
    )


def table(results: Sequence[Result]) -> str:
    """A Markdown table, one line per domain."""
    lines = ["| domain | score | 95 % interval | commonest answer | questions | failed |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {each.domain} | {_shown(each.score)} | {_shown(each.low)} to {_shown(each.high)} | {_shown(each.baseline)} "
        f"| {each.count} | {each.failed} |"
        for each in results
    ]
    return "\n".join(lines) + "\n"


def _mean(scores: Sequence[float]) -> float:
    return sum(scores) / len(scores)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _shown(value: float | None) -> str:
    return "?" if value is None else f"{value:.3f}"
