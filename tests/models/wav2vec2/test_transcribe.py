"""Chunks: together they say what the whole says; where they lie; silence; progress."""

import numpy as np
import pytest
import torch
from tests.models.wav2vec2.reference import noise
from tests.models.wav2vec2.test_ctc import LETTERS, SIZE
from torch import Tensor

from sensorium.core.errors import UnreadableMedia, UsageError
from sensorium.media.types import AudioClip
from sensorium.models.wav2vec2.transcribe import Chunks, Wav2Vec2, transcribe


class ByLoudness:
    """A network whose rows each tell a letter by how loud their own samples are, and nothing else."""

    stride, reach = 320, 400

    def __init__(self) -> None:
        self.heard: list[int] = []

    def rows(self, samples: int) -> int:
        return max(0, (samples - self.reach) // self.stride + 1)

    def __call__(self, samples: Tensor) -> Tensor:
        assert torch.is_inference_mode_enabled()
        self.heard.append(samples.shape[1])
        loud = samples.unfold(1, self.reach, self.stride).abs().mean(dim=-1)
        ids = (loud * 997).long() % 12 + 4
        ids[loud < 0.02] = 0
        return torch.nn.functional.one_hot(ids, SIZE) * 9.0


def model() -> tuple[Wav2Vec2, ByLoudness]:
    network = ByLoudness()
    return Wav2Vec2(network, LETTERS, SIZE, norm=False), network


@pytest.mark.parametrize("seconds", [0.01, 0.03, 1.9, 2.0, 2.005, 2.02, 3.0, 7.3, 10.0])
@pytest.mark.parametrize("chunks", [Chunks(2.0, 0.4), Chunks(1.0, 0.0), Chunks(2.01, 0.03)])
def test_chunks_say_what_the_whole_says(seconds: float, chunks: Chunks) -> None:
    clip = AudioClip(noise(seconds))
    whole, _ = model()
    cut, network = model()
    expected = transcribe(whole, clip, chunks=Chunks(100.0)).transcript()
    assert transcribe(cut, clip, chunks=chunks).transcript() == expected
    pieces = (AudioClip(part) for part in np.array_split(clip.samples, 5))
    assert transcribe(cut, pieces, chunks=chunks).transcript() == expected
    assert len(expected.segments) > 0 or seconds < 0.1
    assert expected.seconds == round(seconds * 16_000) / 16_000
    assert all(samples <= chunks.seconds * 16_000 + 400 for samples in network.heard)


def test_times_are_those_of_the_rows() -> None:
    samples = np.full(16_000, 1e-4, np.float32)
    samples[3200:6480] = 0.5  # rows 10 to 19 whole
    listening, _ = model()
    (segment,) = transcribe(listening, AudioClip(samples)).transcript().segments
    assert segment.start == pytest.approx(0.2, abs=0.03)
    assert segment.end == pytest.approx(0.4, abs=0.03)


def test_silence_is_not_heard_but_counted() -> None:
    clip = AudioClip(np.concatenate((np.zeros(64_000, np.float32), noise(1.0))))
    listening, network = model()
    found = transcribe(listening, clip, chunks=Chunks(2.0, 0.2)).transcript()
    assert found.segments[0].start >= 3.98  # the row at 3.98 reaches into what is loud
    assert len(network.heard) == 1
    assert transcribe(listening, AudioClip(np.zeros(100_000, np.float32))).transcript().segments == ()


def test_sounds_are_normed_where_the_folder_says_so() -> None:
    listening, network = model()
    quiet = AudioClip(noise(1.0) * np.float32(1e-3))
    assert transcribe(listening, quiet).transcript().text == ""
    assert transcribe(Wav2Vec2(network, LETTERS, SIZE, norm=True), quiet).transcript().text != ""


def test_progress_and_language() -> None:
    seen: list[tuple[float, float | None]] = []
    listening, _ = model()
    found = transcribe(listening, AudioClip(noise(5.0)), progress=lambda *at: seen.append(at), chunks=Chunks(2.0, 0.5))
    assert seen == []
    assert found.transcript().language == ""
    assert seen[0] == (0.0, 5.0)
    assert seen[-1] == (5.0, 5.0)
    assert seen == sorted(seen)
    assert len(seen) > 4


def test_what_cannot_be_heard() -> None:
    listening, _ = model()
    with pytest.raises(UnreadableMedia, match="got no samples"):
        next(transcribe(listening, []))
    with pytest.raises(UsageError, match=r"chunks are of 2 s with edges of 1 s; expected edges shorter than half"):
        Chunks(2.0, 1.0)
