"""A model and held-out matches to findings."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations, permutations

import numpy as np

from sensorium.core.statistics import interval
from sensorium.media.types import Modality
from sensorium.runtime.zero_shot import name_places, softmax
from sensorium.space.report import measures
from sensorium.space.report.findings import RANKS, Alignment, Choice, Counterfactual, Findings, Retrieval
from sensorium.space.report.labels import Labels, labels_of
from sensorium.space.report.material import Embeds, Placed, Rows

Sharpness = Callable[[Modality], float]
"""What a model multiplies cosines with, by the modality of the medium."""


def measure(placed: Sequence[Placed], model: Embeds, sharpness: Sharpness) -> Findings:
    """All figures of what a model placed; `sharpness` is what its chances are made with."""
    return Findings(
        model=model.name,
        dimensions=model.width,
        retrievals=tuple(found for each in placed for found in retrievals(each)),
        alignments=tuple(found for each in placed for found in alignments(each)),
        choices=tuple(
            choice(each, labels, model, sharpness(labels.modality)) for each in placed for labels in labels_of(each)
        ),
        counterfactuals=tuple(counterfactual(each) for each in placed if len(each.altered)),
        uniformity=uniformities(placed),
    )


def retrievals(placed: Placed) -> list[Retrieval]:
    """In each direction between every two modalities."""
    belongs = placed.belongs()
    chance = tuple(measures.chance_recall(belongs, RANKS).values())
    found = []
    for query, gallery in permutations(placed.rows, 2):
        recall = measures.recall(placed.rows[query], placed.rows[gallery], belongs, RANKS)
        count = len(placed.keys)
        found.append(Retrieval(placed.kind, query, gallery, count, count, tuple(recall.values()), chance))
    return found


def alignments(placed: Placed) -> list[Alignment]:
    """Of every two modalities."""
    return [
        Alignment(
            kind=placed.kind,
            left=left,
            right=right,
            alignment=measures.alignment(placed.rows[left], placed.rows[right]),
            gap=measures.gap(placed.rows[left], placed.rows[right]),
            kernel_alignment=measures.kernel_alignment(placed.rows[left], placed.rows[right]),
        )
        for left, right in combinations(placed.rows, 2)
    ]


def choice(placed: Placed, labels: Labels, model: Embeds, sharpness: float) -> Choice:
    """How often the right one of some names is the nearest."""
    cosines, truths = label_cosines(placed, labels, model)
    chances = softmax(sharpness * cosines)
    right = (chances.argmax(axis=1) == truths).astype(float).tolist()
    low, high = interval(right)
    _, untouched = measures.halves(len(truths))  # by sharpness.py
    return Choice(
        kind=labels.kind,
        modality=labels.modality,
        names=len(labels.names),
        count=len(truths),
        right=float(np.mean(right)),
        low=low,
        high=high,
        baseline=Counter(truths.tolist()).most_common(1)[0][1] / len(truths),
        error=measures.calibration_error(chances[untouched], truths[untouched]),
    )


def label_cosines(
    placed: Placed, labels: Labels, model: Embeds
) -> tuple[Rows, np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """Cosines of media and names [N, names], and the number of each medium's name [N]; others are left out."""
    keys = list(labels.names)
    known = [number for number, key in enumerate(placed.keys) if key in labels.names]
    names = name_places(list(labels.names.values()), model.embed_texts, labels.modality)
    truths = np.array([keys.index(placed.keys[number]) for number in known], np.intp)
    return placed.rows[labels.modality][known] @ names.T, truths


def counterfactual(placed: Placed) -> Counterfactual:
    """Of the first modality beside the words."""
    media = next(rows for modality, rows in placed.rows.items() if modality != "text")[placed.altered]
    true = (media * placed.rows["text"][placed.altered]).sum(axis=1)
    false = (media * placed.against).sum(axis=1)
    return Counterfactual(
        placed.kind, len(true), nearer=float((true > false).mean()), margin=float((true - false).mean())
    )


def uniformities(placed: Sequence[Placed]) -> dict[str, float]:
    """Of each modality over all kinds of matches."""
    clouds: dict[str, list[Rows]] = {}
    for each in placed:
        for modality, rows in each.rows.items():
            clouds.setdefault(modality, []).append(rows)
    return {modality: measures.uniformity(np.concatenate(rows)[:2000]) for modality, rows in clouds.items()}
