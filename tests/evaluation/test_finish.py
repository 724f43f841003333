"""A folder completed with what was measured loads, verifies and says so."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sensorium.core.errors import ConfigError, EngineError, UsageError
from sensorium.core.files import verify_manifest
from sensorium.evaluation import finish as finishing
from sensorium.evaluation.card import CARD, PICTURE, fill, write_card
from sensorium.evaluation.finish import LEAST_OUTCOMES, Findings, calibrate, finish
from sensorium.models.catalog import DEFAULT, card_template
from sensorium.runtime.load import load
from sensorium.runtime.parts import Parts, read_parts

Make = Callable[..., Any]


def silent(_name: str, _done: int, _of: int) -> None:
    """No report."""


@pytest.fixture
def finished(tiny_folder: Path, squares: Make, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Findings]:
    """A folder whose model was measured on pictures and sounds, with a card."""
    monkeypatch.setattr(finishing, "MEDIA_PER_DOMAIN", 12)
    parts = read_parts(DEFAULT, tiny_folder, name="tiny")
    domains = {"squares": squares(validation_size=LEAST_OUTCOMES), "hums": squares(name="hums", hears=True)}
    findings = finish(parts, tiny_folder, domains, count=LEAST_OUTCOMES, report=silent)
    write_card(card_template(DEFAULT), tiny_folder, parts.model.network, findings)
    return tiny_folder, findings


def test_a_finished_folder_loads_and_knows_its_limits(finished: tuple[Path, Findings], squares: Make) -> None:
    folder, findings = finished
    assert {"calibration.json", "familiarity.safetensors", "results.json", CARD, PICTURE} <= set(
        verify_manifest(folder)
    )
    parts = read_parts(DEFAULT, folder, name="tiny")
    assert set(parts.calibration.curves) == {"image"}  # ten answers about sounds are too few for a curve
    assert set(parts.calibration.strange_beyond) == set(parts.familiarity) == {"image", "audio"}
    (medium,) = squares().validation(2).media
    answer = load(str(folder)).ask("Which?", medium, max_tokens=4)
    assert answer.confidence is not None
    assert answer.notices == ()
    stored = json.loads((folder / "results.json").read_text())
    assert [result["domain"] for result in stored["results"]] == ["squares", "hums"]
    assert stored["reliability"]["error"] == findings.reliability.error


def test_the_card_has_every_number(finished: tuple[Path, Findings]) -> None:
    folder, findings = finished
    card = (folder / CARD).read_text(encoding="utf-8")
    assert "{" not in card
    assert "| hums | " in card
    assert f"{findings.reliability.error:.3f}" in card
    assert "| connector, audio |" in card
    assert (folder / PICTURE).read_bytes().startswith(b"\x89PNG")


def test_a_place_that_nobody_fills(tiny_parts: Parts, finished: tuple[Path, Findings]) -> None:
    with pytest.raises(ConfigError, match=r"card: got the place \{hours\}; expected some of \{scores\}"):
        fill("It took {hours}.", tiny_parts.model.network, finished[1])


def test_too_many_failures_are_no_measurement(tiny_folder: Path, squares: Make) -> None:
    before = verify_manifest(tiny_folder)
    parts = read_parts(DEFAULT, tiny_folder, name="tiny")
    with pytest.raises(EngineError, match=r"1 of 10 questions failed, the first of 'squares': broken 3: .* at most 2%"):
        finish(parts, tiny_folder, {"squares": squares(broken=frozenset({3}))}, count=10, report=silent)
    assert verify_manifest(tiny_folder) == before


def test_too_few_outcomes_make_no_curve(outcome: Make) -> None:
    with pytest.raises(UsageError, match="needs 80 answers about one kind of media, got 79 in all"):
        calibrate([outcome(0.5, True)] * (LEAST_OUTCOMES - 1))


def test_halves_are_drawn_whatever_the_order(outcome: Make) -> None:
    """Every other outcome is right: halves of even and odd numbers would be judged wholly wrong."""
    made = [outcome(0.5, bool(number % 2)) for number in range(400)]
    curves, judged = calibrate([*made, *(replace(each, kind="audio") for each in made[:LEAST_OUTCOMES])])
    assert set(curves) == {"image", "audio"}
    assert curves["image"](0.5) == pytest.approx(0.5)
    assert judged.error < 0.06
    assert sum(count for _, _, count in judged.bins) == 400 + LEAST_OUTCOMES
