"""Names to chances without training: each name is put into several sentences, whose places are averaged.

Radford et al. 2021 (CLIP, section 3.1.4) average over eighty prompts for ImageNet; these few are for any names.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.core.errors import UsageError
from sensorium.media.types import Modality

TEMPLATES: dict[str, tuple[str, ...]] = {
    "image": ("{}", "a photo of {}", "a picture of {}", "This is a photo of {}."),
    "audio": ("{}", "the sound of {}", "a recording of {}", "This is the sound of {}."),
    "video": ("{}", "a video of {}", "a clip of {}", "This is a video of {}."),
}
"""What is said of a medium of each modality."""

Rows = NDArray[np.float32]


def choose(
    place: Rows,
    names: Sequence[str],
    embed: Callable[[Sequence[str]], Rows],
    modality: Modality,
    *,
    sharpness: float,
    templates: Sequence[str] | None = None,
) -> NDArray[np.float64]:
    """The chance of each name for a medium.

    Args:
        place: of the medium, [width].
        names: to choose from.
        embed: texts to places.
        modality: of the medium.
        sharpness: what cosines are multiplied with.
        templates: sentences in which "{}" stands for the name; None for those above.

    Returns: [names], adding up to 1.

    Raises: UsageError for no names, empty ones, or a template without one place for them.
    """
    chances: NDArray[np.float64] = softmax(sharpness * (name_places(names, embed, modality, templates) @ place))
    return chances


def name_places(
    names: Sequence[str],
    embed: Callable[[Sequence[str]], Rows],
    modality: Modality,
    templates: Sequence[str] | None = None,
) -> Rows:
    """Places of names: means over their sentences, of unit length. Returns: [names, width]. Raises: UsageError."""
    if isinstance(names, str) or not names or not all(name.strip() for name in names):
        raise UsageError(f"Got {names!r} as names to choose from; expected a list of at least one, none empty.")
    sentences = TEMPLATES.get(modality, ("{}",)) if templates is None else templates
    strange = next((each for each in sentences if each.count("{}") != 1), None)
    if strange is not None or not sentences:
        raise UsageError(f"Got the template {strange!r}; expected one '{{}}', where the name goes. Correct it.")
    made = embed([sentence.replace("{}", name) for name in names for sentence in sentences])
    means = made.reshape(len(names), len(sentences), -1).mean(axis=1)
    lengths: Rows = np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(means / lengths, np.float32)


def softmax(scores: Rows) -> NDArray[np.float64]:
    """Chances of scores along the last axis, in double precision."""
    powers = np.exp(np.asarray(scores, np.float64) - np.max(scores, axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
