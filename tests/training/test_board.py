"""TensorBoard reads what was reported, and of steps that were taken twice the second time alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sensorium.core.errors import MissingPackage
from sensorium.training.board import Board, open_board
from sensorium.training.log import LOG, HeldOut, Progress, read_log
from sensorium.training.loop import train
from sensorium.training.recipe import Recipe

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


def points(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Steps and values, by tag."""
    events = accumulator.EventAccumulator(str(folder))
    events.Reload()
    return {tag: [(each.step, each.value) for each in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def progress(step: int, loss: float, held_out: dict[str, HeldOut] | None = None) -> Progress:
    return Progress(step, 9, {"one": loss}, samples_per_second=7.0, seconds_left=1.0, held_out=held_out)


def test_what_is_reported_is_shown(tmp_path: Path) -> None:
    with open_board(tmp_path) as board:
        board(progress(1, 0.5))
        board(progress(2, 0.25, {"one": HeldOut(0.75, 0.5, 1.5), "words": HeldOut(1.0, 0.125, None)}))
    assert points(tmp_path) == {
        "loss/one": [(1, 0.5), (2, 0.25)],
        "samples_per_second": [(1, 7.0), (2, 7.0)],
        "held_out/one": [(2, 0.5)],
        "right/one": [(2, 0.75)],
        "blanked/one": [(2, 1.5)],
        "held_out/words": [(2, 0.125)],
        "right/words": [(2, 1.0)],
    }


def test_a_run_that_was_killed_has_no_point_twice(recipe: Callable[..., Recipe]) -> None:
    made = recipe(steps=5)
    folder = Path(made.output)

    def killed(board: Board, report: Progress) -> None:
        board(report)
        if report.step == 4:  # saved after the third
            raise KeyboardInterrupt

    with open_board(folder) as board, pytest.raises(KeyboardInterrupt):
        train(made, lambda report: killed(board, report))
    assert [step for step, _ in points(folder)["loss/one"]] == [1, 2, 3, 4]
    with open_board(folder) as board:
        train(made, board)
    log = read_log(folder / LOG)
    for name in ("one", "two"):
        shown = points(folder)[f"loss/{name}"]
        assert [(step, round(value, 4)) for step, value in shown] == [
            (entry["step"], entry["loss"][name]) for entry in log
        ]
    assert len(list(folder.glob("events.out.tfevents.*"))) == 2


def test_nothing_is_written_of_a_run_that_does_not_begin(tmp_path: Path) -> None:
    with open_board(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_named_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingPackage, match=r"torch\.utils\.tensorboard.*sensorium\[train\]"), open_board(tmp_path):
        pass
