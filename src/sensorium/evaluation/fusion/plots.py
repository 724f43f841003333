"""Drawings of a comparison, each a PNG: how the fusions learn, and what damage does to them."""

import io
from collections.abc import Iterable
from typing import Any

from sensorium.core.packages import require
from sensorium.evaluation.fusion.result import Comparison, mean
from sensorium.evaluation.fusion.task import CHANCE, KINDS

_WIDTH = 0.8
"""Of all bars of a group; groups are 1 apart."""


def draw_curves(found: Comparison) -> bytes:
    """Loss and share right of held-out answers over the steps, by kind of question; a line is the mean of the seeds.

    Raises: MissingPackage without matplotlib (extra `train`).
    """
    figure, grid = _figure(2, len(KINDS), (12, 6.5), sharex=True)
    for place, kind in enumerate(KINDS):
        upper, lower = grid[0][place], grid[1][place]
        for fusion in found.fusions:
            points = [point for run in found.of(fusion) for point in run.curve]
            losses = _line((point.step, point.loss[kind]) for point in points)
            rights = _line((point.step, point.right[kind]) for point in points)
            upper.plot(*losses, linewidth=1.2, label=fusion)
            lower.plot(*rights, linewidth=1.2)
        upper.set(title=kind, ylim=(0, None))
        lower.set(xlabel="step", ylim=(-0.02, 1.02))
        lower.axhline(CHANCE[kind], color="grey", linewidth=1, linestyle="--")
    grid[0][0].set_ylabel("loss (mean per token)")
    grid[1][0].set_ylabel("answers right")
    return _png(figure, grid[0][-1])


def draw_damage(found: Comparison) -> bytes:
    """Answers right in every condition, by kind of question, with 95 % intervals. Raises: as `draw_curves`."""
    figure, grid = _figure(len(KINDS), 1, (12, 9), sharex=True)
    width = _WIDTH / len(found.fusions)
    for kind, (axes,) in zip(KINDS, grid, strict=True):
        for number, fusion in enumerate(found.fusions):
            shares = [found.share(fusion, condition, kind) for condition in found.conditions]
            axes.bar(
                [place + (number + 0.5) * width - _WIDTH / 2 for place in range(len(shares))],
                [share.mean for share in shares],
                width,
                yerr=[[share.mean - share.low for share in shares], [share.high - share.mean for share in shares]],
                error_kw={"linewidth": 0.8},
                label=fusion,
            )
        axes.axhline(CHANCE[kind], color="grey", linewidth=1, linestyle="--")
        axes.set(title=kind, ylim=(0, 1.05), ylabel="answers right")
        axes.set_xticks(range(len(found.conditions)), found.conditions)
    return _png(figure, grid[0][0])


def _line(points: Iterable[tuple[int, float]]) -> tuple[list[int], list[float]]:
    """Steps, and the mean of the values at each."""
    by_step: dict[int, list[float]] = {}
    for step, value in points:
        by_step.setdefault(step, []).append(value)
    return sorted(by_step), [mean(by_step[step]) for step in sorted(by_step)]


def _figure(rows: int, columns: int, size: tuple[float, float], **options: Any) -> tuple[Any, Any]:
    figure = require("matplotlib.figure", "train").Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def _png(figure: Any, named: Any) -> bytes:
    """Args: named: the axes whose labels the legend beside the drawing has."""
    figure.legend(*named.get_legend_handles_labels(), loc="outside right upper", frameon=False)
    target = io.BytesIO()
    require("matplotlib.backends.backend_agg", "train").FigureCanvasAgg(figure).print_png(target)
    return target.getvalue()
