"""A benchmark for readers: a table in Markdown, JSON, a drawing."""

import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sensorium.core.files import write_atomic
from sensorium.core.packages import require
from sensorium.evaluation.bench.result import Bench, Figure


def as_dict(found: Bench) -> dict[str, Any]:
    """For JSON."""
    return {
        "model": found.model,
        "machine": asdict(found.machine),
        "figures": [{**asdict(each), "share_of_limit": each.share} for each in found.figures],
        "growth": [asdict(each) for each in found.growth],
    }


def as_markdown(found: Bench) -> str:
    """What was measured, and where."""
    machine = found.machine
    products = ", ".join(f"{name} {rate / 1e9:,.0f}" for name, rate in machine.products.items())
    lines = [
        f"{found.model} on {machine.processor}, {machine.threads} threads. It reads {machine.bytes_per_s / 1e9:.1f} "
        f"GB/s; products of matrices, GFLOP/s: {products}.",
        "",
        "| | measured | limit here | share of it | |",
        "|---|---|---|---|---|",
        *(_row(each) for each in found.figures),
    ]
    return "\n".join(lines) + "\n"


def write(folder: Path, found: Bench) -> None:
    """Write bench.json, bench.md and bench.png.

    Raises: MissingPackage without matplotlib (extra `train`), before anything is written; OSError.
    """
    drawing = draw(found)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / "bench.png", drawing)
    write_atomic(folder / "bench.json", (json.dumps(as_dict(found), indent=1, ensure_ascii=False) + "\n").encode())
    write_atomic(folder / "bench.md", as_markdown(found).encode())


def draw(found: Bench) -> bytes:
    """A PNG: how near its limit each figure is, and what longer prompts cost. Raises: MissingPackage."""
    backend = require("matplotlib.backends.backend_agg", "train")
    figure = require("matplotlib.figure", "train").Figure(figsize=(13, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    shares = [(each.what, each.share) for each in reversed(found.figures) if each.share is not None]
    left.barh([what for what, _ in shares], [share for _, share in shares])
    left.axvline(1.0, color="grey", linewidth=1, linestyle="--")
    left.set(xlabel="share of the limit of this machine", xlim=(0, None), title=found.model)
    contexts = [each.context for each in found.growth]
    right.plot(contexts, [each.first / each.context * 1e3 for each in found.growth], "o-", label="a prompt's token")
    right.plot(contexts, [each.each * 1e3 for each in found.growth], "o-", label="a token said behind it")
    right.set(xlabel="tokens of the prompt", ylabel="ms", ylim=(0, None), title="What length costs")
    right.legend(frameon=False)
    target = io.BytesIO()
    backend.FigureCanvasAgg(figure).print_png(target)
    return target.getvalue()


def _row(each: Figure) -> str:
    limit = "" if each.limit is None else _shown(each.limit, each.unit)
    share = "" if each.share is None else f"{each.share:.0%}"
    return f"| {each.what} | {_shown(each.value, each.unit)} | {limit} | {share} | {each.note} |"


def _shown(value: float, unit: str) -> str:
    digits = 3 if unit == "s" else 2 if unit == "times" else 0 if unit == "MB" else 1
    return f"{value:,.{digits}f} {unit}"
