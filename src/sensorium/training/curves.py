"""Draws the log of a run: loss and validation by domain, over the steps."""

import io
from collections import defaultdict
from pathlib import Path
from typing import Any

from sensorium.core.files import write_atomic
from sensorium.core.packages import require
from sensorium.training.log import Log

Curve = tuple[list[int], list[float]]
"""Steps and values."""

SMOOTHING = 20
"""A smoothed curve is the running mean over this part of its points."""


def draw_curves(log: Log, path: Path) -> None:
    """Write a PNG with the curves of a log (training/log.py).

    Raises: MissingPackage without matplotlib (extra `train`); OSError when the file cannot be written.
    """
    backend = require("matplotlib.backends.backend_agg", "train")
    figure = require("matplotlib.figure", "train").Figure(figsize=(10, 9), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    losses, shares = _curves(log, "loss"), _curves(log, "validation")
    colours = _colours(sorted({*losses, *shares}))
    for name in _from_the_top(losses):
        steps, values = losses[name]
        upper.plot(steps, values, color=colours[name], alpha=0.25, linewidth=0.8)
        upper.plot(steps, _smooth(values), color=colours[name], linewidth=1.6, label=f"{name} {values[-1]:.2f}")
    for name in _from_the_top(shares):
        steps, values = shares[name]
        lower.plot(steps, values, color=colours[name], marker="o", markersize=3, label=f"{name} {values[-1]:.0%}")
    upper.set(yscale="log", ylabel="loss (mean per token)", title="Loss by domain; last values in the list")
    lower.set(ylim=(-0.02, 1.02), xlabel="step", ylabel="answers right", title="Validation by domain")
    upper.yaxis.set_major_formatter("{x:g}")
    upper.yaxis.set_minor_formatter("{x:g}")
    lower.yaxis.set_major_formatter("{x:.0%}")
    for axes, curves in ((upper, losses), (lower, shares)):
        axes.grid(alpha=0.3)
        if curves:
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8, frameon=False)
    target = io.BytesIO()
    backend.FigureCanvasAgg(figure).print_png(target)
    write_atomic(path, target.getvalue())


def _curves(log: Log, key: str) -> dict[str, Curve]:
    curves: dict[str, Curve] = defaultdict(lambda: ([], []))
    for entry in log:
        for name, value in entry.get(key, {}).items():
            curves[name][0].append(entry["step"])
            curves[name][1].append(value)
    return dict(curves)


def _from_the_top(curves: dict[str, Curve]) -> list[str]:
    """Names in the order in which the curves end, so that the list stands beside them."""
    return sorted(curves, key=lambda name: curves[name][1][-1], reverse=True)


def _smooth(values: list[float]) -> list[float]:
    window = max(1, len(values) // SMOOTHING)
    parts = [values[max(0, end - window) : end] for end in range(1, len(values) + 1)]
    return [sum(part) / len(part) for part in parts]


def _colours(names: list[str]) -> dict[str, Any]:
    wheel = require("matplotlib", "train").colormaps["tab10" if len(names) <= 10 else "tab20"].colors
    return {name: wheel[index % len(wheel)] for index, name in enumerate(names)}
