"""A checkpoint of the reference with what it makes of a sound (make_golden.py), for machines without the reference."""

import json

import numpy as np
import torch
from tests.models.wav2vec2.make_golden import FOLDER
from tests.models.whisper.reference import golden_sound

from sensorium.media.types import AudioClip
from sensorium.models.wav2vec2.inputs import normed
from sensorium.models.wav2vec2.load import load
from sensorium.models.wav2vec2.transcribe import transcribe


def test_a_folder_gives_what_the_reference_gave() -> None:
    expected = json.loads((FOLDER / "expected.json").read_text())
    model = load(FOLDER)
    with torch.inference_mode():
        logits = model.network(torch.from_numpy(normed(golden_sound())).unsqueeze(0))[0]
    np.testing.assert_allclose(logits[::6].numpy(), expected["logits"], atol=2e-3, rtol=1e-3)
    found = transcribe(model, AudioClip(golden_sound())).transcript()
    words = [
        [word.text.strip(), round(word.start / 0.02), round(word.end / 0.02)]
        for segment in found.segments
        for word in segment.words
    ]
    assert words == [each for each in expected["words"] if each[0].strip()]
    assert len(found.text) > 10


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 100_000
