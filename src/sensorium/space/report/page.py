"""Findings as a page: Markdown, and HTML that stands alone."""

import base64
import html
from collections.abc import Iterator, Sequence

from sensorium.space.report.findings import RANKS, Findings

Table = tuple[str, str, tuple[str, ...], list[tuple[str, ...]]]
"""Title, what its figures mean, heads and rows."""

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #ccc;padding:.2rem .6rem;text-align:right}"
    "td:first-child,th:first-child{text-align:left}img{max-width:100%}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}}"
)


def markdown(found: Findings, picture: str) -> str:
    """The page, with a link to the picture of that name; "" for none."""
    lines = [f"# {_title(found)}", ""]
    for title, meaning, heads, rows in tables(found):
        lines += [f"## {title}", "", meaning, "", _row(heads), _row(("---",) * len(heads)), *map(_row, rows), ""]
    if picture:
        lines += ["## A picture of the space", "", _PICTURE, "", f"![PCA and t-SNE of places]({picture})", ""]
    return "\n".join(lines)


def page(found: Findings, picture: bytes) -> str:
    """The same as HTML, with a PNG inside; b"" for none."""
    parts = [f"<h1>{html.escape(_title(found))}</h1>"]
    for title, meaning, heads, rows in tables(found):
        parts += [f"<h2>{title}</h2><p>{html.escape(meaning)}</p><table>", _cells("th", heads)]
        parts += [*(_cells("td", row) for row in rows), "</table>"]
    if picture:
        data = base64.b64encode(picture).decode()
        parts.append(f"<h2>A picture of the space</h2><p>{html.escape(_PICTURE)}</p>")
        parts.append(f'<img alt="PCA and t-SNE of places" src="data:image/png;base64,{data}">')
    head = f'<meta charset="utf-8"><title>{html.escape(_title(found))}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


_PICTURE = (
    "Places of words and media, by PCA over all, and by t-SNE, coloured by what they are and marked by modality. "
    "Distances in the second are not to be measured."
)


def tables(found: Findings) -> Iterator[Table]:
    """All tables, those without rows left out."""
    made: Sequence[Table] = (
        (
            "Chosen without training",
            "Share of media whose name is the nearest of all names, its 95 % interval, the share of the commonest "
            "name, and the calibration error: how far chances are from how often they are right.",
            ("media", "modality", "names", "count", "right", "95 % interval", "commonest", "calibration error"),
            [
                (each.kind, each.modality, str(each.names), str(each.count), _share(each.right),
                 f"{_share(each.low)} to {_share(each.high)}", _share(each.baseline), f"{each.error:.3f}")
                for each in found.choices
            ],
        ),
        (
            "Found",
            f"Recall at {', '.join(map(str, RANKS))}: share of queries with something that belongs to them among so "
            "many nearest; in brackets that of an order by chance.",
            ("kind", "query", "found among", "count", *(f"recall@{rank}" for rank in RANKS)),
            [
                (each.kind, each.query, f"{each.size} {each.gallery}", str(each.queries),
                 *(f"{_share(got)} ({_share(by)})" for got, by in zip(each.recall, each.chance, strict=True)))
                for each in found.retrievals
            ],
        ),
        (
            "Altered words",
            "Words with one thing altered: a colour, a size, a side. How often the true words lie nearer to the "
            "medium, 0.5 by chance, and by how much.",
            ("kind", "count", "true words nearer", "margin of cosines"),
            [
                (each.kind, str(each.count), _share(each.nearer), f"{each.margin:.3f}")
                for each in found.counterfactuals
            ],
        ),
        (
            "How the modalities lie",
            "Alignment: mean squared distance of what belongs together, 0 at best. Gap: distance of the middles of two "
            "modalities. CKA: 1 where their relations among themselves are the same.",
            ("kind", "modalities", "alignment", "gap", "CKA"),
            [
                (each.kind, f"{each.left}, {each.right}", f"{each.alignment:.3f}", f"{each.gap:.3f}",
                 f"{each.kernel_alignment:.3f}")
                for each in found.alignments
            ],
        ),
        (
            "How they fill the sphere",
            "Uniformity: 0 where all lie in one point, about -4 on an even sphere.",
            ("modality", "uniformity"),
            [(modality, f"{value:.3f}") for modality, value in found.uniformity.items()],
        ),
    )  # fmt: skip
    return (table for table in made if table[3])


def _title(found: Findings) -> str:
    return f"How well aligned is {found.model}, of {found.dimensions} dimensions"


def _share(value: float) -> str:
    return f"{value:.3f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(each)}</{tag}>' for each in cells)}</tr>"
