"""The report of a comparison: tables and drawings, as Markdown and as a page of HTML that stands alone; and JSON."""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from sensorium.core.config import to_dict
from sensorium.core.files import write_atomic
from sensorium.evaluation.fusion.damage import DAMAGES
from sensorium.evaluation.fusion.plots import draw_curves, draw_damage
from sensorium.evaluation.fusion.result import WHOLE, Comparison, mean
from sensorium.evaluation.fusion.samples import DROPPED
from sensorium.evaluation.fusion.task import CHANCE, KINDS, TASKS, Kind

TITLE = "Fusions compared"

_STYLE = """
body { font: 15px/1.6 system-ui, sans-serif; max-width: 75em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0 } th, td { padding: 3px 10px; border-bottom: 1px solid #ddd }
th { text-align: left } td { font-variant-numeric: tabular-nums } img { max-width: 100% } h2 { font-size: 1.15em }
"""

_GUESS: dict[Kind, str] = {
    "combine": "of the half that a missing medium knows",
    "compare": "from one medium",
    "either": "from no medium",
}


@dataclass(frozen=True)
class Table:
    """A table under a heading, and a sentence about it."""

    title: str
    about: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Drawing:
    """A PNG under a heading."""

    title: str
    file: str
    content: bytes


Piece = Table | Drawing


def write_report(folder: Path, found: Comparison) -> None:
    """Write report.json, report.md, report.html and the drawings.

    Raises: MissingPackage without matplotlib (extra `train`); OSError when a file cannot be written.
    """
    pieces: tuple[Piece, ...] = (
        *tables(found),
        Drawing("Learning", "curves.png", draw_curves(found)),
        Drawing("Damage", "damage.png", draw_damage(found)),
    )
    for piece in pieces:
        if isinstance(piece, Drawing):
            write_atomic(folder / piece.file, piece.content)
    write_atomic(folder / "report.json", (json.dumps(to_dict(found)) + "\n").encode())
    write_atomic(folder / "report.md", as_markdown(found, pieces).encode())
    write_atomic(folder / "report.html", as_html(found, pieces).encode())


def tables(found: Comparison) -> tuple[Table, ...]:
    """What was measured."""
    weights = _weights(found)
    return (summary(found), *(_damage(found, kind) for kind in KINDS), *([weights] if weights.rows else []))


def summary(found: Comparison) -> Table:
    """Answers right with both media whole, and what a question costs."""
    rows = []
    for fusion in found.fusions:
        runs = found.of(fusion)
        shares = [str(found.share(fusion, WHOLE, kind)) for kind in KINDS]
        tokens, milliseconds = mean(run.tokens for run in runs), mean(run.milliseconds for run in runs)
        rows.append((fusion, f"{runs[0].parameters:,}", *shares, f"{tokens:.1f}", f"{milliseconds:.1f}"))
    return Table(
        "Answers right",
        "Both whole; 95 % intervals over seeds and questions. Tokens and time are those of one question.",
        ("fusion", "parameters", *KINDS, "tokens", "ms"),
        tuple(rows),
    )


def _damage(found: Comparison, kind: Kind) -> Table:
    rows = tuple(
        (fusion, *(str(found.share(fusion, condition, kind)) for condition in found.conditions))
        for fusion in found.fusions
    )
    question = TASKS[found.settings.beside].questions[kind]
    about = f'"{question}" A guess {_GUESS[kind]} is right {CHANCE[kind]:.0%} of the time.'
    return Table(f"With a damaged medium: {kind}", about, ("fusion", *found.conditions), rows)


def _weights(found: Comparison) -> Table:
    """How much a modality counts as it is and damaged, for the fusions whose gates can be read."""
    rows = []
    for fusion in found.fusions:
        for modality in TASKS[found.settings.beside].modalities:
            names = (WHOLE, *(f"{modality} {damage}" for damage in DAMAGES))
            weights = [found.weight(fusion, name, modality) for name in names]
            if None not in weights:
                rows.append((fusion, modality, *(f"{weight:.2f}" for weight in weights if weight is not None)))
    about = (
        f"Share of a modality in the answers, as gates say it. In training {DROPPED:.0%} of the media were taken away, "
        "left out or blank; noise was never trained on. Early fusion has no gates; those of late fusion are the same "
        "for every question that has both media."
    )
    return Table("Weight of a damaged modality", about, ("fusion", "modality", WHOLE, *DAMAGES), tuple(rows))


def about(found: Comparison) -> str:
    """How it was measured, and with which command."""
    each = found.settings
    command = (
        f"sensorium fusion compare --steps {each.steps} --seeds {each.seeds} --samples {each.samples} --questions "
        f"{each.questions} --beside {each.beside}"
    )
    return (
        f"{each.seeds} seeds of each fusion, {each.steps} steps on the same {each.samples} made samples of a picture "
        f"and a {each.beside}; {each.questions} new questions of each kind in each condition, answered on one core. "
        f"Machine: {found.machine}. Command: {command}"
    )


def as_markdown(found: Comparison, pieces: Sequence[Piece]) -> str:
    """The report for a reader of text; drawings are files beside it."""
    lines = [f"# {TITLE}", "", about(found), ""]
    for piece in pieces:
        lines += [f"## {piece.title}", ""]
        if isinstance(piece, Table):
            lines += [piece.about, "", *markdown_rows(piece), ""]
        else:
            lines += [f"![{piece.title}]({piece.file})", ""]
    return "\n".join(lines)


def markdown_rows(table: Table) -> Iterator[str]:
    """The lines of a table alone."""
    for row in (table.head, ("---",) * len(table.head), *table.rows):
        yield f"| {' | '.join(row)} |"


def as_html(found: Comparison, pieces: Sequence[Piece]) -> str:
    """The report as one page that needs nothing else."""
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{TITLE}</title><style>{_STYLE}</style>\n'
        f"<h1>{TITLE}</h1>\n<p>{escape(about(found))}</p>\n{''.join(map(_section, pieces))}</html>\n"
    )


def _section(piece: Piece) -> str:
    head = f"<h2>{escape(piece.title)}</h2>\n"
    if isinstance(piece, Drawing):
        uri = base64.b64encode(piece.content).decode()
        return f'{head}<img src="data:image/png;base64,{uri}" alt="{escape(piece.title)}">\n'
    rows = "".join(_row(row, "td") for row in piece.rows)
    return f"{head}<p>{escape(piece.about)}</p>\n<table>{_row(piece.head, 'th')}{rows}</table>\n"


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"
