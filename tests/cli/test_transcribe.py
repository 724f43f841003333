"""`transcribe`: text, subtitles and JSON of a sound, by tiny models that know no words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
MODELS = Path(__file__).parents[1] / "models"
WHISPER, WAV2VEC2 = str(MODELS / "whisper" / "golden"), str(MODELS / "wav2vec2" / "golden")
SEVEN = str(Path(__file__).parents[2] / "src/sensorium/models/nano/samples/seven.wav")


@pytest.mark.parametrize("model", [WHISPER, WAV2VEC2], ids=["whisper", "wav2vec2"])
def test_json_has_the_whole(run: Run, model: str) -> None:
    done = run("transcribe", SEVEN, "--model", model, "--format", "json")
    assert done.code == 0
    found = json.loads(done.out)
    assert found["text"] == "".join(each["text"] for each in found["segments"]).strip()
    assert all(each["start"] <= each["end"] <= found["seconds"] for each in found["segments"])


def test_subtitles_begin_as_players_want_them(run: Run) -> None:
    assert run("transcribe", SEVEN, "--model", WHISPER, "--format", "vtt").out.startswith("WEBVTT\n\n")


def test_what_a_model_cannot_do_is_said(run: Run) -> None:
    done = run("transcribe", SEVEN, "--model", WAV2VEC2, "--translate")
    assert (done.code, "Leave them out, or take a Whisper" in done.err) == (2, True)
    done = run("transcribe", str(Path(SEVEN).with_name("boot.png")), "--model", WHISPER)
    assert done.code == 3
