"""A comparison: all outputs are written, finished runs are read and not run again, a folder is one comparison's."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sensorium.core.errors import ConfigError
from sensorium.evaluation.fusion import compare as module
from sensorium.evaluation.fusion.compare import compare
from sensorium.evaluation.fusion.result import Comparison
from sensorium.evaluation.fusion.settings import Settings
from sensorium.evaluation.fusion.task import KINDS
from sensorium.models.composed.config import ComposedConfig

STEPS = Settings(steps=2, seeds=1, samples=30, questions=1)


def test_everything_is_measured_and_written(compared: tuple[Path, Comparison]) -> None:
    folder, found = compared
    assert found.fusions == ("early", "middle", "late", "gated")
    assert len(found.conditions) == 7
    for run in found.runs:
        assert [point.step for point in run.curve] == [1, 2]
        assert all(set(each.answers) == set(KINDS) for each in run.conditions.values())
        assert run.milliseconds > 0
    assert found.weight("early", "whole", "image") is None
    assert found.weight("gated", "image missing", "audio") == 1.0
    sizes = [run.parameters for run in found.runs]
    assert max(sizes) <= 1.02 * min(sizes)
    assert found.of("middle")[0].tokens < found.of("early")[0].tokens
    for name in ("report.md", "report.html", "curves.png", "damage.png"):
        assert (folder / name).stat().st_size > 1000
    assert len(json.loads((folder / "report.json").read_text())["runs"]) == 4


def test_a_picture_and_a_note(tiny: ComposedConfig, tmp_path: Path) -> None:
    found = compare(tmp_path, replace(STEPS, beside="text"), lambda *_: None, base=tiny)
    assert found.fusions == ("early", "middle")
    assert found.conditions[1::3] == ("image missing", "text missing")
    assert found.weight("middle", "whole", "image") is None
    report = (tmp_path / "report.md").read_text()
    assert "made samples of a picture and a text;" in report
    assert "--beside text" in report
    assert "Weight of a damaged modality" not in report


def test_a_finished_run_is_not_run_again(
    compared: tuple[Path, Comparison], tiny: ComposedConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, found = compared
    monkeypatch.setattr(module, "carry_out", lambda *_, **__: pytest.fail("was run again"))
    assert compare(folder, STEPS, lambda *_: None, base=tiny) == found


@pytest.mark.parametrize("name", ["steps", "samples"])
def test_a_folder_is_one_comparisons(compared: tuple[Path, Comparison], tiny: ComposedConfig, name: str) -> None:
    changes: dict[str, Any] = {name: 60}
    with pytest.raises(ConfigError, match=f"differs in {name}; expected the same .* another folder"):
        compare(compared[0], replace(STEPS, **changes), lambda *_: None, base=tiny)


@pytest.mark.slow
def test_runs_side_by_side_find_the_same(
    compared: tuple[Path, Comparison], tiny: ComposedConfig, tmp_path: Path
) -> None:
    heard: list[tuple[str, int, int]] = []
    found = compare(tmp_path, STEPS, lambda *told: heard.append(told), workers=2, base=tiny)
    assert [told[1:] for told in heard] == [(done, 4) for done in (1, 2, 3, 4)]
    for run, alone in zip(found.runs, compared[1].runs, strict=True):
        assert run.conditions == alone.conditions
        assert run.curve == alone.curve
