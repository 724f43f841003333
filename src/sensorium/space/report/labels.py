"""The names that media are told by without training, one set for each kind of matches that has classes."""

from collections.abc import Mapping
from dataclasses import dataclass

from sensorium.data.matches.real import clothes_names, photo_names, sound_names
from sensorium.data.readers.digits import DIGIT_WORDS
from sensorium.media.types import Modality
from sensorium.space.report.material import Placed

_HAPPENS = (
    "a shape moves left", "a shape moves right", "a shape moves up", "a shape moves down", "a shape appears",
    "a shape disappears", "a growing shape", "a shrinking shape", "a shape rotates", "a still shape",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Labels:
    """Names of keys, for media of one modality of one kind of matches."""

    kind: str
    modality: Modality
    names: Mapping[str, str]


def labels_of(placed: Placed) -> tuple[Labels, ...]:
    """The sets of names that some of the matches have theirs in, of modalities that were placed."""
    return tuple(
        labels
        for labels in LABELS
        if labels.kind == placed.kind
        and labels.modality in placed.rows
        and not labels.names.keys().isdisjoint(placed.keys)
    )


_DIGITS = {str(digit): word.en for digit, word in enumerate(DIGIT_WORDS)}

LABELS = (
    Labels("digits", "image", _DIGITS),
    Labels("digits", "audio", _DIGITS),
    Labels("moving-digits", "video", _DIGITS),
    Labels("clothes", "image", {key: words[-1].en for key, words in clothes_names().items()}),
    Labels("photos", "image", {key: words[-1].en for key, words in photo_names().items()}),
    Labels("sounds", "audio", {key: words[0].en for key, words in sound_names().items()}),
    Labels("moving", "video", {words: words for words in _HAPPENS}),
)
