"""Circuit boards: boxes lie on the defects, clean pieces are clean, held-out boards never train."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from sensorium.core.errors import UnreadableMedia
from sensorium.data.readers.deeppcb import LEAST, MOST, DeepPcb
from sensorium.data.readers.deeppcb_questions import DEFECTS
from sensorium.data.sample import Sample, Turn
from sensorium.media.types import Image


@pytest.fixture(scope="module")
def boards(sets: Path) -> DeepPcb:
    return DeepPcb(sets / "deeppcb", held_out=0.5)


def _grey(image: object) -> np.ndarray:
    """Where the picture is neither black nor white: the defects of the tiny boards."""
    assert isinstance(image, Image)
    values = image.pixels.astype(int).mean(axis=2)
    return (values > 85) & (values < 170)


def _defect_at(sample: Sample) -> np.ndarray:
    """Edges x1, y1, x2, y2 of the defect in percent, from the pixels of the picture that shows it."""
    mask = max((_grey(image) for image in sample.media), key=np.sum)
    inside = mask & (np.roll(mask, 2, 0) | np.roll(mask, -2, 0)) & (np.roll(mask, 2, 1) | np.roll(mask, -2, 1))
    rows, columns = np.flatnonzero(inside.sum(1) > 8), np.flatnonzero(inside.sum(0) > 8)
    return 100 * np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]) / len(mask)


def _box(turn: Turn) -> np.ndarray:
    return np.array([int(edge) for edge in turn.answer.split(",")])


def test_boxes_lie_on_the_defect_in_every_turn_of_the_board(boards: DeepPcb) -> None:
    checked = 0
    for seed in range(200):
        sample = boards.train(np.random.default_rng(seed))
        for turn in sample.turns:
            if turn.kind == "place":
                assert turn.measure == "box"
                assert np.abs(_box(turn) - _defect_at(sample)).max() <= 3
                checked += 1
    assert checked > 30


def test_pieces_show_one_defect_or_none(boards: DeepPcb) -> None:
    for seed in range(200):
        sample = boards.train(np.random.default_rng(seed))
        area = max(int(_grey(image).sum()) for image in sample.media)
        named = next(turn for turn in sample.turns if turn.kind in ("defect", "difference") and turn.weight == 1.0)
        clean = any(turn.answer in ("none", "无") for turn in sample.turns)
        assert area < 100 if clean else 200 < area < 400, named
        assert len(sample.media) in (1, 2)
        assert all(isinstance(image, Image) and LEAST <= len(image.pixels) <= MOST for image in sample.media)


def test_a_pair_has_the_defect_on_one_side(boards: DeepPcb) -> None:
    pairs = [sample for sample in map(boards.train, map(np.random.default_rng, range(200))) if len(sample.media) == 2]
    for sample in pairs:
        areas = sorted(int(_grey(image).sum()) for image in sample.media)
        assert areas[0] < 100
        equal = [turn.answer for turn in sample.turns if turn.kind == "difference" and turn.answer in ("yes", "是")]
        assert not equal or areas[1] < 100
    assert 40 < len(pairs) < 95


def test_training_and_validation_show_different_boards(boards: DeepPcb) -> None:
    """The first board alone has black stripes."""
    for seed in range(40):
        image = boards.train(np.random.default_rng(seed)).media[0]
        assert isinstance(image, Image)
        assert (image.pixels < 60).mean() > 0.1
    for index in range(40):
        image = boards.validation(index).media[0]
        assert isinstance(image, Image)
        assert (image.pixels < 60).mean() < 0.01


def test_validation_asks_four_questions_by_turns(boards: DeepPcb) -> None:
    turns = [boards.validation(index).turns[0] for index in range(56)]
    assert [turn.kind for turn in turns[:4]] == ["defect", "defective", "difference", "place"]
    assert {turn.answer for turn in turns[::4]} == {*DEFECTS, "none"}
    assert [turn.answer for turn in turns[1::4]] == ["yes", "no"] * 7
    for index in range(3, 56, 4):
        assert np.abs(_box(turns[index]) - _defect_at(boards.validation(index))).max() <= 3


def test_a_type_that_no_piece_shows_is_an_error(sets: Path, tmp_path: Path) -> None:
    shutil.copy(sets / "deeppcb" / "deeppcb-120-pairs.tar", tmp_path)
    lines = [json.loads(line) for line in (sets / "deeppcb" / "annotations.jsonl").read_text().splitlines()]
    for line in lines:
        line["defects"] = [defect for defect in line["defects"] if defect["type"] != "spur"]
    (tmp_path / "annotations.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    with pytest.raises(UnreadableMedia, match="no piece shows spur alone"):
        DeepPcb(tmp_path).validation(0)


def test_a_board_that_is_not_in_the_tar_is_an_error(sets: Path, tmp_path: Path) -> None:
    shutil.copy(sets / "deeppcb" / "deeppcb-120-pairs.tar", tmp_path)
    (tmp_path / "annotations.jsonl").write_text('{"image": "9.jpg", "template": "0_temp.jpg", "defects": []}')
    with pytest.raises(UnreadableMedia, match=r"9.jpg: not in the tar with its template"):
        DeepPcb(tmp_path).validation(0)
