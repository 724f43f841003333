"""A model that knows everything, measured."""

from pathlib import Path

import numpy as np
import pytest

from sensorium.space.report.labels import Labels
from sensorium.space.report.material import Embeds, place, place_all
from sensorium.space.report.measure import choice, counterfactual, measure, retrievals

LABELS = Labels("digits", "image", {"0": "zero", "1": "one", "2": "two", "3": "three"})


def test_what_is_known_is_found_in_both_directions(known: Embeds) -> None:
    placed = place("digits", Path(), known, 20)
    assert placed is not None
    found = retrievals(placed)
    assert [(each.query, each.gallery) for each in found] == [("text", "image"), ("image", "text")]
    assert all(each.recall == (1.0, 1.0, 1.0) for each in found)
    assert found[0].chance[0] == pytest.approx(0.25)


def test_names_are_chosen_and_altered_words_lie_further(known: Embeds) -> None:
    placed = place("digits", Path(), known, 20)
    assert placed is not None
    found = choice(placed, LABELS, known, 30.0)
    assert (found.right, found.names, found.count, found.baseline) == (1.0, 4, 20, 0.25)
    assert found.low < 1.0
    altered = counterfactual(placed)
    assert (altered.count, altered.nearer) == (10, 1.0)
    assert altered.margin == pytest.approx(1 / np.sqrt(1.09), rel=1e-5)


def test_fewer_matches_are_spread_over_all(known: Embeds) -> None:
    placed = place("digits", Path(), known, 4)
    assert placed is not None
    assert len(placed.keys) == 4


def test_everything_at_once(known: Embeds) -> None:
    told: list[str] = []
    placed = place_all(known, Path(), count=20, report=told.append)
    found = measure(placed, known, lambda modality: 20.0)
    assert {each.kind for each in found.retrievals} >= {"digits", "scenes"}
    assert found.uniformity.keys() == {"text", "image"}
    assert told[0] == "digits: 20 matches"
    gaps = [each.gap for each in found.alignments]
    assert min(gaps) > 0.1
