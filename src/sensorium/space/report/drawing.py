"""A picture of a space: places of all modalities on a plane, by PCA and by t-SNE (van der Maaten and Hinton 2008)."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.packages import require
from sensorium.space.report.material import Placed, Rows

OF_EACH = 120
"""Places of a kind and modality that are drawn."""

_MARKS = {"text": "x", "image": "o", "audio": "^", "video": "s", "document": "d"}
_FEWEST = 4


@dataclass(frozen=True, eq=False)
class Cloud:
    """Rows [N, D], and of what kind and modality each is."""

    rows: Rows
    kinds: NDArray[np.str_]
    modalities: NDArray[np.str_]


def draw_space(placed: Sequence[Placed], *, seed: int = 0) -> bytes:
    """A PNG. Raises: MissingPackage without scikit-learn or matplotlib (extra `train`)."""
    cloud = collect(placed)
    planes = {"PCA": principal(cloud.rows), "t-SNE": neighbours(cloud.rows, seed)}
    backend = require("matplotlib.backends.backend_agg", "train")
    figure = require("matplotlib.figure", "train").Figure(figsize=(14, 7), layout="constrained")
    wheel = require("matplotlib", "train").colormaps["tab10"].colors
    kinds = sorted({*cloud.kinds.tolist()})
    for axes, (title, points) in zip(figure.subplots(1, 2), planes.items(), strict=True):
        _scatter(axes, cloud, points, {kind: wheel[number % len(wheel)] for number, kind in enumerate(kinds)})
        axes.set(title=title, xticks=[], yticks=[])
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=7, frameon=False)
    target = io.BytesIO()
    backend.FigureCanvasAgg(figure).print_png(target)
    return target.getvalue()


def collect(placed: Sequence[Placed]) -> Cloud:
    """The first places of each kind and modality."""
    chosen = [
        (each.kind, modality, rows[:OF_EACH]) for each in placed for modality, rows in each.rows.items() if len(rows)
    ]
    kinds = [kind for kind, _, rows in chosen for _ in rows]
    modalities = [modality for _, modality, rows in chosen for _ in rows]
    return Cloud(np.concatenate([rows for *_, rows in chosen]), np.array(kinds), np.array(modalities))


def principal(rows: Rows) -> NDArray[np.float64]:
    """On the two directions in which rows differ most. Returns: [N, 2]."""
    centred = rows.astype(np.float64) - rows.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return np.asarray(centred @ directions[:2].T)


def neighbours(rows: Rows, seed: int) -> NDArray[np.float64]:
    """Near each other where rows are. Returns: [N, 2]. Raises: MissingPackage without scikit-learn."""
    if len(rows) < _FEWEST:
        return principal(rows)
    maker = require("sklearn.manifold", "train").TSNE
    perplexity = min(30.0, (len(rows) - 1) / 3)
    made: NDArray[np.float64] = maker(
        metric="cosine", init="random", perplexity=perplexity, random_state=seed
    ).fit_transform(rows)
    return made


def _scatter(axes: Any, cloud: Cloud, points: NDArray[np.float64], colours: dict[str, Any]) -> None:
    for kind, colour in colours.items():
        for modality, mark in _MARKS.items():
            inside = (cloud.kinds == kind) & (cloud.modalities == modality)
            if inside.any():
                label = f"{kind}, {modality}"
                axes.scatter(*points[inside].T, s=14, marker=mark, color=colour, alpha=0.6, linewidths=0.8, label=label)
