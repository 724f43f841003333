"""`classify`: the classes of a film, one line each."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sensorium.models.nano_space.folder import begin, save_space

Run = Callable[..., Any]
MODELS = Path(__file__).parents[1] / "models"
SAMPLES = Path(__file__).parents[2] / "src/sensorium/models/nano/samples"
FILM = next(str(path) for path in sorted(SAMPLES.iterdir()) if path.suffix in (".mp4", ".webm", ".gif"))


@pytest.mark.parametrize("family", ["videomae", "timesformer"])
def test_the_best_class_comes_first(run: Run, family: str) -> None:
    done = run("classify", FILM, "--model", str(MODELS / family / "golden"), "--top", "2")
    chances = [float(line.split("%")[0]) for line in done.out.splitlines()]
    assert (done.code, len(chances)) == (0, 2)
    assert chances == sorted(chances, reverse=True)


def test_json_has_all_classes_and_their_chances_add_up(run: Run) -> None:
    found = json.loads(
        run("classify", FILM, "--model", str(MODELS / "videomae" / "golden"), "--top", "99", "--json").out
    )
    assert found["file"] == FILM
    assert sum(each["probability"] for each in found["classes"]) == pytest.approx(1.0, abs=1e-5)
    assert len({each["label"] for each in found["classes"]}) == len(found["classes"]) > 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((str(SAMPLES / "boot.png"), "--model", str(MODELS / "videomae" / "golden")), 3, "takes video, not image"),
        ((FILM, "--model", str(MODELS / "clip" / "golden")), 2, "for another command: sensorium embed --model"),
        (("no.mp4", "--model", "nowhere"), 3, "no.mp4: no such file"),
        ((str(SAMPLES / "boot.png"),), 2, 'boot.png --labels "a cat,a dog"'),
        ((FILM, "--model", str(MODELS / "videomae" / "golden"), "--top", "0"), 2, "--top"),
    ],
)
def test_what_cannot_be_classified(run: Run, arguments: tuple[str, ...], code: int, message: str) -> None:
    done = run("classify", *arguments)
    assert (done.code, done.out) == (code, "")
    assert message in done.err


def test_a_film_is_of_no_use_to_a_model_that_answers_in_classes(run: Run) -> None:
    folder = str(MODELS / "videomae" / "golden")
    done = run("ask", FILM, "What is done?", "--model", folder)
    assert (done.code, f"sensorium classify --model {folder}" in done.err) == (2, True)


def test_any_medium_is_told_by_labels_whose_chances_add_up(run: Run, tiny_folder: Path) -> None:
    save_space(tiny_folder.parent / "space", begin(tiny_folder))
    for file in ("boot.png", "seven.wav", "moving.mp4"):
        done = run("classify", str(SAMPLES / file), "--labels", "a boot, seven,red", "--model",
                   str(tiny_folder.parent / "space"), "--json")  # fmt: skip
        classes = json.loads(done.out)["classes"]
        assert (done.code, {each["label"] for each in classes}) == (0, {"a boot", "seven", "red"})
        assert sum(each["probability"] for each in classes) == pytest.approx(1.0)
        assert classes[0]["probability"] == max(each["probability"] for each in classes)


def test_clip_tells_pictures_by_labels(run: Run) -> None:
    done = run("classify", str(SAMPLES / "boot.png"), "--labels", "cat,dog", "--model", str(MODELS / "clip" / "golden"))
    assert (done.code, len(done.out.splitlines())) == (0, 2)


@pytest.mark.parametrize("labels", ["", "cat", "cat,", "cat,cat"])
def test_labels_that_leave_no_choice(run: Run, labels: str) -> None:
    done = run("classify", FILM, "--labels", labels)
    assert (done.code, done.out) == (2, "")
    assert "two or more different ones" in done.err
