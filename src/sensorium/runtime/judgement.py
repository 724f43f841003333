"""How sure an answer is: token probabilities through the measured curve, and how strange the media look."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from sensorium.engine.generate import TokenEvent
from sensorium.inputs.assemble import Item
from sensorium.inputs.carrier import MediaBatch, Span
from sensorium.media.types import Media
from sensorium.runtime.parts import Parts

STRANGE = "{source}: unlike anything this model was trained on, so its answer is a guess. Try another with --model."


def confidence(parts: Parts, events: Sequence[TokenEvent], modalities: Sequence[str]) -> float | None:
    """The chance that an answer of these tokens is right; None for a model that was never calibrated.

    The curve is that of the one modality in the talk, "mixed" for several, "text" for none.
    """
    curves = parts.calibration.curves
    kinds = sorted(set(modalities)) or ["text"]
    curve = curves.get(kinds[0] if len(kinds) == 1 else "mixed")
    if curve is None:
        return None
    return curve(math.exp(sum(event.log_prob for event in events)))


def strange(parts: Parts, items: Sequence[Item], media: Sequence[Media]) -> list[str]:
    """A notice for each medium that lies farther from familiar ones than nearly all of validation did."""
    notices = []
    for item, medium in zip(items, media, strict=True):
        known = parts.familiarity.get(item.modality)
        limit = parts.calibration.strange_beyond.get(item.modality)
        if known is None or limit is None:
            continue
        if known.distance(summary(parts, item)) > limit:
            notices.append(STRANGE.format(source=medium.source))
    return notices


@torch.inference_mode()
def summary(parts: Parts, item: Item) -> Tensor:
    """What the model sees in one medium, as one vector: the mean of its rows. Returns: [D]."""
    times = () if item.times is None else (torch.from_numpy(item.times),)
    batch = MediaBatch(item.modality, (torch.from_numpy(item.features),), (Span(0, item.rows),), times)
    return parts.network.rows(batch)[0].float().mean(dim=0)
