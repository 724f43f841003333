"""Files are heard while they are read, and say what they say when they are read whole."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.odd_pictures import encoded, gradient
from tests.odd_streams import pcm, sound, tone, wav

from sensorium.core.errors import LimitExceeded, UnsupportedMedia
from sensorium.media.encode import encode_video
from sensorium.media.limits import Limits
from sensorium.media.load import load_media
from sensorium.media.types import AudioClip, VideoClip
from sensorium.runtime.hours import HOURS
from sensorium.runtime.protocol import Input
from sensorium.runtime.transcription import Transcriber, load_transcriber

MODELS = Path(__file__).parents[1] / "models"
GOLDEN = {name: str(MODELS / name / "golden") for name in ("whisper", "wav2vec2")}

MEASURE = """
import json, sys, torch
from sensorium.inputs.mel import MelSpec
from sensorium.media.recording import open_recording
from sensorium.models.whisper.decode import Guards
from sensorium.models.whisper.model import build
from sensorium.models.whisper.transcribe import Options, Whisper, transcribe
from sensorium.runtime.hours import HOURS
from tests.models.whisper.fakes import CONFIG, TOKENS, tokenizer
from dataclasses import replace
torch.set_num_threads(1)
torch.manual_seed(0)
network = build(replace(CONFIG, max_source_positions=1500)).eval()
model = Whisper(network, tokenizer(), TOKENS, MelSpec(frames=3000))
options = Options(Guards(temperatures=(0.0,), no_speech=None), max_tokens=2)
found = transcribe(model, open_recording(sys.argv[1], limits=HOURS), language="en", options=options).transcript()
lines = open("/proc/self/status").read().splitlines()
peak = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
print(json.dumps([found.seconds, len(found.segments), peak]))
"""


def rising(seconds: float) -> NDArray[np.float32]:
    """A tone that rises and falls, so that windows differ."""
    time = np.arange(round(seconds * 16_000)) / 16_000
    return (0.4 * np.sin(2 * np.pi * (300 + 200 * np.sin(2 * time)) * time)).astype(np.float32)


@pytest.fixture(scope="module", params=list(GOLDEN))
def transcriber(request: pytest.FixtureRequest) -> Transcriber:
    return load_transcriber(GOLDEN[request.param])


def test_a_file_says_what_the_whole_says(transcriber: Transcriber, tmp_path: Path) -> None:
    data = sound("flac", "flac", rising(1.3)[None], 16_000)
    path = tmp_path / "talk.flac"
    path.write_bytes(data)
    expected = transcriber.transcribe(load_media(data)).transcript()
    assert expected.seconds == 1.3
    assert expected.segments
    uri = "data:audio/flac;base64," + base64.b64encode(data).decode()
    for source in (path, uri):
        found = transcriber.transcribe(source)
        assert [*found] == list(expected.segments)
        assert found.transcript() == expected


def test_films_are_heard_from_their_file_or_decoded(transcriber: Transcriber) -> None:
    frames = np.zeros((4, 32, 32, 3), np.uint8)
    data = encode_video(VideoClip(frames, np.arange(4) / 8, 0.5, AudioClip(rising(0.5))))
    expected = transcriber.transcribe(load_media(data, want="audio")).transcript()
    assert transcriber.transcribe(data).transcript() == expected
    film = load_media(data)
    assert isinstance(film, VideoClip)
    assert abs(transcriber.transcribe(film).transcript().seconds - expected.seconds) < 0.1


def test_the_file_is_told_of_and_let_go(transcriber: Transcriber, tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes(wav(pcm(rising(1.1)), claims=999_999))
    seen: list[tuple[float, float | None]] = []
    found = transcriber.transcribe(path, progress=lambda *at: seen.append(at))
    found.transcript()
    assert found.notices == (
        "cut.wav: its header promises 999999 bytes of sound, but 35200 are there; it may be cut short.",
    )
    assert seen[-1] == (1.1, 1.1)
    if Path("/proc/self/fd").exists():
        before = open_files()
        begun = transcriber.transcribe(path)
        next(begun, None)
        begun.close()
        assert open_files() == before


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_day_and_no_more() -> None:
    model = load_transcriber(GOLDEN["wav2vec2"])
    assert HOURS.audio_seconds == 24 * 3600
    short = Transcriber(model._model, name="short", limits=Limits(audio_seconds=3600.0))
    with pytest.raises(LimitExceeded, match="longer than 1 h of sound"):
        short.transcribe(wav(bytes(3_601_000), rate=1000, bits=8))


def test_what_has_no_sound(transcriber: Transcriber) -> None:
    silent_film = VideoClip(np.zeros((1, 8, 8, 3), np.uint8), np.zeros(1), 1.0, None, "film")
    cases: tuple[tuple[Input, str], ...] = (
        (load_media(encoded(gradient())), r"bytes: expected a sound, got image\. Give a recording"),
        (silent_film, "film: expected a sound, got video"),
        (np.zeros((8, 8, 3), np.uint8), "ndarray: expected a sound, got image"),
        (np.zeros(8, np.float32), r"ndarray: got float32 \[8\]; .*AudioClip"),
        (encoded(gradient()), "bytes: PNG; expected a sound or a film"),
    )
    for source, message in cases:
        with pytest.raises(UnsupportedMedia, match=message):
            transcriber.transcribe(source)


def write_flac(path: Path, seconds: int, make: Callable[[float], NDArray[np.float32]]) -> None:
    """The same minute again and again."""
    minute = make(60.0)
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=16_000, layout="mono")
        for _ in range(seconds // 60):
            frame = av.AudioFrame.from_ndarray((minute[None] * 32767).astype(np.int16), "s16", "mono")
            frame.sample_rate = 16_000
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs the peak of the memory")
def test_two_hours_take_the_memory_of_a_minute(tmp_path: Path) -> None:
    def mix(seconds: float) -> NDArray[np.float32]:
        return 0.02 * (tone(seconds) + tone(seconds, pitch=1234.5) + tone(seconds, pitch=97.3))

    peaks = []
    for seconds in (120, 7200):
        path = tmp_path / f"{seconds}.flac"
        write_flac(path, seconds, mix)
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, path], capture_output=True, check=True, cwd=Path(__file__).parents[2]
        )
        heard, segments, peak = json.loads(done.stdout)
        assert heard == seconds
        assert segments == seconds // 30
        peaks.append(peak)
    assert peaks[1] < peaks[0] + 50, f"MiB of two minutes and two hours: {peaks}"
