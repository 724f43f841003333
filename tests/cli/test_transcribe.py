"""`transcribe`: text, subtitles and JSON of a sound, by tiny models that know no words."""

import json
import re
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.odd_streams import pcm, tone, wav

from sensorium.cli.console import write

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


def test_no_model_is_fetched_that_nobody_named(run: Run) -> None:
    done = run("transcribe", SEVEN)
    assert (done.code, done.out) == (2, "")
    assert "Name one: --model openai/whisper-tiny" in done.err


def test_a_file_gets_what_standard_output_would(run: Run, tmp_path: Path) -> None:
    for form in ("text", "srt", "vtt", "json"):
        shown = run("transcribe", SEVEN, "--model", WAV2VEC2, "--format", form)
        target = tmp_path / f"talk.{form}"
        done = run("transcribe", SEVEN, "--model", WAV2VEC2, "--format", form, "--output", str(target))
        assert (done.code, done.out, done.err) == (0, "", "")
        assert target.read_text(encoding="utf-8") == shown.out
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("name", ["talk.srt", "talk.VTT", "talk.json", "talk.txt"])
def test_the_ending_of_a_file_says_what_is_written(run: Run, tmp_path: Path, name: str) -> None:
    form = {"srt": "srt", "vtt": "vtt", "json": "json"}.get(name[-3:].lower(), "json" if "json" in name else "text")
    shown = run("transcribe", SEVEN, "--model", WAV2VEC2, "--format", form)
    assert run("transcribe", SEVEN, "--model", WAV2VEC2, "--output", str(tmp_path / name)).code == 0
    assert (tmp_path / name).read_text(encoding="utf-8") == shown.out


def test_json_is_asked_for_as_everywhere(run: Run) -> None:
    assert run("transcribe", SEVEN, "--model", WAV2VEC2, "--json") == run(
        "transcribe", SEVEN, "--model", WAV2VEC2, "--format", "json"
    )
    done = run("transcribe", SEVEN, "--json", "--format", "srt")
    assert (done.code, "got --json and --format srt; expected one of them" in done.err) == (2, True)


def test_what_comes_to_nothing_is_noted(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    path.write_bytes(wav(pcm(np.zeros(16_000, np.float32))))
    done = run("transcribe", str(path), "--model", WAV2VEC2)
    assert (done.code, done.out, done.err) == (0, "", "no speech was heard\n")
    assert "--words changes nothing" in run("transcribe", SEVEN, "--model", WAV2VEC2, "--words").err


def test_standard_input_is_heard_too(run: Run) -> None:
    shown = run("transcribe", SEVEN, "--model", WAV2VEC2)
    assert run("transcribe", "-", "--model", WAV2VEC2, stdin=Path(SEVEN).read_bytes()) == shown
    done = run("transcribe", "-", "--model", WAV2VEC2, typed=True)
    assert (done.code, "Pipe one in" in done.err) == (2, True)
    done = run("transcribe", "-", "--model", WAV2VEC2, stdin=b"RIFF")
    assert (done.code, done.err.startswith("sensorium: standard input: ")) == (3, True)


def test_what_is_wrong_with_a_file_is_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes(wav(pcm(tone(0.5)), claims=99_999))
    done = run("transcribe", str(path), "--model", WAV2VEC2)
    assert done.code == 0
    assert done.err == "cut.wav: its header promises 99999 bytes of sound, but 16000 are there; it may be cut short.\n"


def interrupt_at(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Ctrl-C when so much is heard."""

    class Impatient:
        def hear(self, done: float, total: float | None) -> None:
            if done >= seconds:
                raise KeyboardInterrupt

        def say(self, line: str) -> None:
            write(line)

    monkeypatch.setattr("sensorium.cli.transcribe.watching", lambda: nullcontext(Impatient()))


@pytest.mark.parametrize("form", ["text", "srt", "json"])
def test_an_interruption_says_where_and_leaves_no_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    path, target = tmp_path / "long.wav", tmp_path / "talk"
    path.write_bytes(wav(pcm(tone(70.0) * np.float32(0.3))))
    target.write_text("of before")
    interrupt_at(monkeypatch, 1.0)
    done = run("transcribe", str(path), "--model", WAV2VEC2, "--format", form, "--output", str(target))
    assert (done.code, done.out) == (130, "")
    assert re.fullmatch(r"stopped at 0:00:\d\d of 0:01:10; nothing was written\n", done.err)
    assert target.read_text() == "of before"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["long.wav", "talk"]
    done = run("transcribe", str(path), "--model", WAV2VEC2)
    assert done.code == 130
    assert done.err.endswith("what is above was written\n")


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("nowhere/talk.srt", "no file can be there"),
        (".", "no file can be there"),
        ("seven.wav", "is the sound itself"),
    ],
)
def test_what_could_not_be_written_is_refused_beforehand(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("seven.wav").write_bytes(Path(SEVEN).read_bytes())
    done = run("transcribe", "seven.wav", "--model", "no-such-model", "--output", output)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert Path("seven.wav").read_bytes() == Path(SEVEN).read_bytes()


def test_a_disk_that_is_full_loses_no_transcript(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    shown = run("transcribe", SEVEN, "--model", WAV2VEC2, "--format", "srt")
    monkeypatch.setattr("sensorium.cli.transcribe.write_atomic", full)
    done = run("transcribe", SEVEN, "--model", WAV2VEC2, "--format", "srt", "--output", str(tmp_path / "a.srt"))
    assert (done.code, done.out) == (2, shown.out)
    assert "a.srt: No space left on device; expected to write the transcript there" in done.err
