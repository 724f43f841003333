"""A language model alone refuses media, and says who takes them."""

from typing import NoReturn

from sensorium.inputs.refusals import not_taken
from sensorium.media.types import Media
from sensorium.models.catalog import FAMILIES


def refuse(medium: Media) -> NoReturn:
    """Raises: UnsupportedMedia, with the families that take the medium."""
    takers = sorted(entry.name for entry in FAMILIES.entries if medium.modality in entry.modalities)
    advice = f"Ask a model that takes it: {', '.join(takers)}" if takers else "Paste the text into the question"
    raise not_taken(medium, "text only", advice=advice)
