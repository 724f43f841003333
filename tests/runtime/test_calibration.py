"""From token probabilities and rows to chances and notices, and both from a folder."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from sensorium.core.errors import CheckpointError, ConfigError
from sensorium.engine.generate import TokenEvent
from sensorium.media.types import AudioClip, Image
from sensorium.models.nano.folder import seal
from sensorium.runtime.calibration import (
    CALIBRATION,
    FAMILIARITY,
    Calibration,
    Curve,
    Familiarity,
    read_calibration,
    read_familiarity,
)
from sensorium.runtime.judgement import UNSHOWN, confidence
from sensorium.runtime.load import load
from sensorium.runtime.local import LocalModel
from sensorium.runtime.parts import Parts

IMAGE = Image(np.full((48, 48, 3), 90, np.uint8), "odd.png")
SOUND = AudioClip(np.zeros(4000, np.float32), "quiet.wav")


@pytest.mark.parametrize(
    ("probability", "chance"), [(0.0, 0.1), (0.2, 0.1), (0.3, 0.3), (0.4, 0.5), (0.7, 0.7), (1.0, 0.9)]
)
def test_a_curve_is_straight_between_its_points(probability: float, chance: float) -> None:
    assert Curve((0.2, 0.4, 1.0), (0.1, 0.5, 0.9))(probability) == pytest.approx(chance)


@given(
    points=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8),
    pair=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_a_rising_curve_keeps_order_and_bounds(points: list[tuple[float, float]], pair: tuple[float, float]) -> None:
    raw, chance = (tuple(sorted(each)) for each in zip(*points, strict=True))
    curve = Curve(raw, chance)
    low, high = curve(min(pair)), curve(max(pair))
    assert chance[0] <= low + 1e-12
    assert low <= high + 1e-12
    assert high <= chance[-1] + 1e-12


@pytest.mark.parametrize(
    ("raw", "chance"),
    [((), ()), ((0.1,), (0.2, 0.3)), ((0.5, 0.1), (0.1, 0.2)), ((0.1, 0.5), (0.2, 0.1)), ((0.1,), (math.nan,))],
)
def test_points_that_make_no_curve(raw: tuple[float, ...], chance: tuple[float, ...]) -> None:
    with pytest.raises(ConfigError, match="expected as many of each, at least one, the raw ones rising"):
        Curve(raw, chance)


# Confidence


def fixed(chance: float) -> Curve:
    return Curve((0.0,), (chance,))


def test_the_curve_is_that_of_the_modality(tiny_parts: Parts) -> None:
    curves = {"image": fixed(0.1), "audio": fixed(0.2), "mixed": fixed(0.3), "text": fixed(0.4)}
    parts = replace(tiny_parts, calibration=Calibration(curves))
    events = [TokenEvent(5, -0.1)]
    assert confidence(parts, events, []) == 0.4
    assert confidence(parts, events, ["image", "image"]) == 0.1
    assert confidence(parts, events, ["image", "audio"]) == 0.3
    assert confidence(parts, events, ["video"]) is None
    assert confidence(tiny_parts, events, ["image"]) is None


def test_the_probability_is_that_of_all_tokens(tiny_parts: Parts) -> None:
    parts = replace(tiny_parts, calibration=Calibration({"text": Curve((0.0, 1.0), (0.0, 1.0))}))
    events = [TokenEvent(1, math.log(0.5)), TokenEvent(2, math.log(0.8))]
    assert confidence(parts, events, []) == pytest.approx(0.4)


@pytest.mark.parametrize(("chance", "sure"), [(0.49, False), (0.5, True), (0.9, True)])
def test_answers_carry_chance_and_sureness(tiny_parts: Parts, chance: float, sure: bool) -> None:
    calibration = Calibration({"image": fixed(chance), "mixed": fixed(0.7)}, sure_from=0.5)
    chat = LocalModel(replace(tiny_parts, calibration=calibration)).chat()
    answer = chat.send("What?", IMAGE, max_tokens=2)
    assert (answer.confidence, answer.sure) == (chance, sure)
    assert chat.send("And?", max_tokens=2).confidence == chance  # the picture is still in the talk
    assert chat.send("And?", SOUND, max_tokens=2).confidence == 0.7


# Strangeness


def familiar(parts: Parts, *, shift: float) -> Parts:
    """Parts that know one kind of picture, at so far from all others."""
    known = Familiarity(torch.full((64,), shift), torch.eye(64)[:, :4], torch.zeros(1, 4), torch.eye(4)[None])
    return replace(parts, calibration=Calibration(strange_beyond={"image": 50.0}), familiarity={"image": known})


def test_only_what_lies_far_off_is_strange(tiny_parts: Parts) -> None:
    far, near = (LocalModel(familiar(tiny_parts, shift=shift)) for shift in (1000.0, 0.0))
    chat = far.chat()
    answer = chat.send("What?", SOUND, IMAGE, max_tokens=2)
    (notice,) = answer.notices
    assert notice.startswith("odd.png: unlike anything this model was trained on")
    assert near.ask("What?", SOUND, IMAGE, max_tokens=2).notices == ()
    further = chat.send("And?", max_tokens=2)  # the picture is still in the talk
    assert (answer.sure, further.sure, further.notices) == (False, False, ())


def test_an_answer_about_nothing_is_a_guess(tiny_parts: Parts) -> None:
    measured = LocalModel(replace(tiny_parts, calibration=Calibration({"image": fixed(0.9)})))
    chat = measured.chat()
    first, second = (chat.send("What is this?", max_tokens=2) for _ in range(2))
    assert (first.confidence, first.sure, second.sure) == (None, False, False)
    assert (first.notices, second.notices) == ((UNSHOWN.format(name="tiny"),), ())
    shown = chat.send("What is this?", IMAGE, max_tokens=2)
    assert (shown.confidence, shown.sure, shown.notices) == (0.9, True, ())
    talks = LocalModel(replace(tiny_parts, calibration=Calibration({"text": fixed(0.9)})))
    assert talks.ask("What is this?", max_tokens=2).sure is True
    assert LocalModel(tiny_parts).ask("What is this?", max_tokens=2).sure is None


def test_distance_is_to_the_nearest_kind_in_its_spreads() -> None:
    known = Familiarity(
        mean=torch.tensor([1.0, 1.0, 1.0]),
        axes=torch.eye(3)[:, :2],
        centres=torch.tensor([[0.0, 0.0], [3.0, 4.0]]),
        spreads=torch.stack((torch.eye(2), torch.diag(torch.tensor([1.0, 0.1])))),
    )
    assert known.distance(torch.tensor([1.0, 1.0, 9.0])) == pytest.approx(0.0)  # the third axis is not looked at
    assert known.distance(torch.tensor([4.0, 7.0, 0.0])) == pytest.approx(0.2)  # 2 along an axis that stretches by 10


def test_kinds_that_do_not_fit_together() -> None:
    with pytest.raises(ConfigError, match=r"familiarity: got the shapes .*expected mean \[D\], axes \[D, A\]"):
        Familiarity(torch.zeros(3), torch.zeros(3, 2), torch.zeros(4, 2), torch.zeros(4, 2, 3))


# Files


def test_both_are_read_from_a_folder(tiny_folder: Path) -> None:
    curve = {"raw": [0.0, 1.0], "chance": [0.25, 0.25]}
    (tiny_folder / CALIBRATION).write_text(json.dumps({"curves": {"audio": curve}, "strange_beyond": {"image": 50.0}}))
    tensors = {
        "mean": torch.full((64,), 999.0),
        "axes": torch.eye(64),
        "centres": torch.zeros(2, 64),
        "spreads": torch.eye(64).expand(2, 64, 64).contiguous(),
    }
    save_file({f"image.{name}": value.half() for name, value in tensors.items()}, tiny_folder / FAMILIARITY)
    seal(tiny_folder)
    model = load(str(tiny_folder))
    heard, strange = (model.ask("What?", medium, max_tokens=2) for medium in (SOUND, IMAGE))
    assert (heard.confidence, heard.sure, heard.notices) == (0.25, False, ())
    assert (strange.confidence, strange.sure, len(strange.notices)) == (None, False, 1)


def test_without_files_nothing_is_claimed(tmp_path: Path) -> None:
    assert read_calibration(tmp_path) == Calibration()
    assert read_familiarity(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (CALIBRATION, "{", r"calibration\.json: not a readable JSON"),
        (CALIBRATION, '{"curve": {}}', "unknown key 'curve'"),
        (CALIBRATION, '{"curves": {"image": {"raw": [], "chance": []}}}', "curve: got 0 raw and 0 chance values"),
        (FAMILIARITY, "12345678", r"familiarity\.safetensors: not readable as familiarity"),
    ],
)
def test_damaged_files_are_the_folders_fault(tiny_folder: Path, name: str, text: str, message: str) -> None:
    (tiny_folder / name).write_text(text)
    seal(tiny_folder)
    with pytest.raises(CheckpointError, match=message):
        load(str(tiny_folder))


def test_familiarity_of_parts_that_do_not_fit(tmp_path: Path) -> None:
    shapes = {"mean": (3,), "axes": (3, 2), "centres": (1, 3), "spreads": (1, 2, 2)}
    save_file({f"image.{name}": torch.zeros(shape) for name, shape in shapes.items()}, tmp_path / FAMILIARITY)
    with pytest.raises(CheckpointError, match=r"not readable as familiarity \(familiarity: got the shapes"):
        read_familiarity(tmp_path)


def test_familiarity_without_a_part(tmp_path: Path) -> None:
    save_file({"image.mean": torch.zeros(3)}, tmp_path / FAMILIARITY)
    with pytest.raises(CheckpointError, match=r"not readable as familiarity \('image\.axes'\)"):
        read_familiarity(tmp_path)
