"""How sure is sure is fitted where there are names, and the surer the clearer a model tells them."""

from pathlib import Path

from sensorium.space.report.material import Embeds, place_all
from sensorium.space.report.sharpness import find_sharpness


def test_only_modalities_with_names_are_fitted(known: Embeds) -> None:
    placed = place_all(known, Path(), count=20, report=lambda _: None)
    found = find_sharpness(placed, known)
    assert found.keys() == {"image"}
    assert found["image"] > 30  # it is always right, so it may be as sure as numbers can tell
