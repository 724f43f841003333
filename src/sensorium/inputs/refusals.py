"""What no model takes more of, or at all: the same words for all families."""

from collections.abc import Sequence

from sensorium.core.errors import LimitExceeded, UnsupportedMedia
from sensorium.media.types import Document, Image, Media


def not_taken(medium: Media, *taken: str, advice: str | None = None) -> UnsupportedMedia:
    """The error for a medium of another modality than those that a model takes; `advice` in place of the usual."""
    if advice is None:
        a_text = isinstance(medium, Document)
        model = "another model" if a_text else f"a model that takes {medium.modality}"
        advice = f"{'Paste the text into the question, or choose' if a_text else 'Choose'} {model}"
    return UnsupportedMedia(
        f"{medium.source}: this model takes {', '.join(taken)}, not {medium.modality}. {advice} (sensorium models)."
    )


def as_picture(medium: Media) -> Image:
    """The medium itself. Raises: UnsupportedMedia for what is no picture."""
    if not isinstance(medium, Image):
        raise not_taken(medium, "image")
    return medium


def check_length(ids: Sequence[int], most: int) -> None:
    """Raises: LimitExceeded for a talk of more tokens than a model takes."""
    if len(ids) > most:
        raise LimitExceeded(
            f"talk: {len(ids)} tokens, pictures and sounds included, is more than the {most} this model takes. Say "
            "less, ask about fewer or shorter media, or begin a new talk."
        )
