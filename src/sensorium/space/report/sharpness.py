"""How sure is sure: what a `nano-space` multiplies cosines with, measured on held-out media and kept in its folder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sensorium.models.nano_space.folder import load_space, save_space
from sensorium.models.nano_space.placer import NanoSpace
from sensorium.space.report.labels import labels_of
from sensorium.space.report.material import Embeds, Placed
from sensorium.space.report.measure import label_cosines
from sensorium.space.report.measures import best_sharpness, halves

DECIMALS = 2


def find_sharpness(placed: Sequence[Placed], model: Embeds) -> dict[str, float]:
    """By modality: the geometric mean over its sets of names, each fitted on half of its media.

    Sets of few names and of many, easy and hard, want other ones; the mean has to serve names that nobody measured.
    """
    found: dict[str, list[float]] = {}
    for each in placed:
        for labels in labels_of(each):
            cosines, truths = label_cosines(each, labels, model)
            fitted_on, _ = halves(len(truths))
            if len(fitted_on):
                fitted = best_sharpness(cosines[fitted_on].astype(np.float64), truths[fitted_on])
                found.setdefault(labels.modality, []).append(fitted)
    return {name: round(float(np.exp(np.mean(np.log(each)))), DECIMALS) for name, each in found.items()}


def keep_sharpness(folder: Path, sharpness: dict[str, float]) -> None:
    """Write it into the folder of a `nano-space`. Raises: CheckpointError for another folder; OSError."""
    model = load_space(folder)
    save_space(folder, NanoSpace(model.network, model.config, model.tokenizer, sharpness))
