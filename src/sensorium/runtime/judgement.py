"""How sure an answer is: token probabilities through the measured curve, and how strange the media look."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Sized

import torch
from torch import Tensor

from sensorium.engine.generate import TokenEvent
from sensorium.inputs.carrier import ModelInputs
from sensorium.media.types import Media
from sensorium.runtime.parts import Parts

UNSHOWN = "{name}: answers about files and was shown none, so its answer is a guess. Give a picture, a sound or a film."
STRANGE = "{source}: unlike anything this model was trained on, so its answer is a guess. Try another with --model."


def kind_of(modalities: Iterable[str]) -> str:
    """Which curve a talk is judged by: that of its one modality, "mixed" for several, "text" for none."""
    kinds = sorted(set(modalities)) or ["text"]
    return kinds[0] if len(kinds) == 1 else "mixed"


def likelihood(events: Iterable[TokenEvent]) -> float:
    """The product of the tokens' probabilities."""
    return math.exp(sum(event.log_prob for event in events))


def confidence(parts: Parts, events: Iterable[TokenEvent], modalities: Iterable[str]) -> float | None:
    """The chance that an answer of these tokens is right; None where no such answers were measured."""
    curve = parts.calibration.curves.get(kind_of(modalities))
    return None if curve is None else curve(likelihood(events))


def unshown(parts: Parts, shown: Sized) -> bool:
    """Whether nothing is shown to a model whose answers were measured, but none of such talks."""
    curves = parts.calibration.curves
    return bool(curves) and not shown and kind_of(()) not in curves


def strange(parts: Parts, inputs: ModelInputs, media: Sequence[Media]) -> list[str]:
    """A notice for each medium that lies farther from familiar ones than nearly all of validation did.

    Inputs: inputs: of one talk, encoded; media: the last of the talk in order, the sound of a film as one of its own.
    """
    if not parts.familiarity:
        return []
    counts = Counter(medium.modality for medium in media)
    rows: dict[str, Iterator[Tensor]] = {
        batch.modality: iter(batch.rows[-counts[batch.modality] :]) for batch in inputs.media
    }
    notices = []
    for medium in media:
        seen = next(rows[medium.modality])
        known = parts.familiarity.get(medium.modality)
        limit = parts.calibration.strange_beyond.get(medium.modality)
        if known is not None and limit is not None and known.distance(summary(seen)) > limit:
            notices.append(STRANGE.format(source=medium.source))
    return notices


def summary(rows: Tensor) -> Tensor:
    """What the model sees in one medium, as one vector: mean and spread of its rows. Shapes: [S, D] to [2D]."""
    rows = rows.float()
    return torch.cat((rows.mean(dim=0), rows.std(dim=0, correction=0)))
