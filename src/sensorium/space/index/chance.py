"""How sure one may be that words fit a piece: a cosine alone does not tell, for something is always near.

The words compete with other words that could as well be said of it, as names do when media are sorted without training
(zero-shot): the softmax of all their cosines, at the sharpness that was measured for the model, is the chance of each.
Where no hit reaches `NEAR`, nothing near is in the index, whatever stands first.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sensorium.core.errors import InputError
from sensorium.media.types import Modality
from sensorium.runtime.partly import partly
from sensorium.space.index.types import Found, Rows, SpaceModel

OTHERS = (
    *("a photo of a person", "a crowd", "a street", "a house", "a room", "a landscape with mountains", "the sea"),
    *("a forest", "a flower", "a cat", "a dog", "a bird", "food on a plate", "a car", "a tool", "a toy"),
    *("a piece of clothing", "a page of text", "a handwritten note", "a digit", "a drawing", "a chart", "a logo"),
    *("a screenshot", "a coloured shape", "a moving shape", "a person speaking", "music", "rain", "a machine running"),
    *("the cry of an animal", "silence"),
)
"""What pictures, sounds and films often are."""

NEAR = 1 / 3
"""Of bundled nano-space, 12 queries for what held-out media show and 12 for what none does: 11 of the first reach it,
6 of the second."""

_SAME = 0.9
"""The cosine from which another text says the same as the query: it is no rival then."""


@dataclass(frozen=True, eq=False)
class Rivals:
    """The places [R, D] of `OTHERS`, and by kind of media what cosines with words are multiplied with."""

    places: Rows
    sharpness: Mapping[Modality, float]

    def chance(self, words: Rows, place: Rows, found: Found) -> float | None:
        """That words fit a piece and none of the others do; None for a kind that was not trained beside texts.

        Inputs: words, place: [D], of the words and of the piece.
        """
        sharpness = next((self.sharpness[each] for each in _modalities(found) if each in self.sharpness), None)
        if sharpness is None:
            return None
        rivals = self.places[self.places @ words < _SAME]
        scores = sharpness * np.concatenate((words[None], rivals)) @ place
        raised = np.exp(scores - scores.max())
        return float(raised[0] / raised.sum())


def place_others(model: SpaceModel) -> Rows | None:
    """The places [R, D] of `OTHERS`, those that a model takes; None for one that takes texts alone, or none."""
    if "text" not in model.modalities or len(model.modalities) < 2:
        return None
    places = [each for each in partly(model.embed_texts, OTHERS) if not isinstance(each, InputError)]
    return np.stack(places) if places else None


def rivals(model: SpaceModel, places: Rows | None) -> Rivals | None:
    """Those of a model, of their places as `place_others` gives them."""
    if places is None:
        return None
    return Rivals(places, {each: model.sharpness(each) for each in model.modalities})


def _modalities(found: Found) -> tuple[Modality, ...]:
    """What a piece may have been embedded as, the likeliest first."""
    if found.kind == "document":
        return ("text",) if found.words else ("image",)
    if found.kind == "video":  # middle frames, or the sound, where the model takes no films
        return "video", "image", "audio"
    return (found.kind,)
