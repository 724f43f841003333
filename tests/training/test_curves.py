"""The curves of a run."""

from pathlib import Path

import numpy as np

from sensorium.media.load import load_media
from sensorium.media.types import Image
from sensorium.training.curves import draw_curves
from sensorium.training.log import Log


def drawn(log: Log, path: Path) -> Image:
    draw_curves(log, path)
    picture = load_media(path)
    assert isinstance(picture, Image)
    return picture


def test_losses_and_validation_are_drawn(tmp_path: Path) -> None:
    names = [f"domain {number}" for number in range(16)]
    log: Log = []
    for step in range(25, 1001, 25):
        entry = {"step": step, "loss": {name: 50 / (step + 9 * index) for index, name in enumerate(names)}}
        log.append(entry | ({"validation": dict.fromkeys(names, step / 2000)} if step % 500 == 0 else {}))
    full = drawn(log, tmp_path / "curves.png")
    without = drawn([{key: entry[key] for key in ("step", "loss")} for entry in log], tmp_path / "curves.png")
    colours = len(np.unique(full.pixels.reshape(-1, 3), axis=0))
    assert colours > len(np.unique(without.pixels.reshape(-1, 3), axis=0)) > len(names)
    assert [path.name for path in tmp_path.iterdir()] == ["curves.png"]


def test_an_empty_log_is_no_fault(tmp_path: Path) -> None:
    assert drawn([], tmp_path / "curves.png").pixels.shape[2] == 3
