"""A checkpoint of the reference with what it makes of a sound (make_golden.py), for machines without the reference."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.whisper.make_golden import FOLDER, IDS
from tests.models.whisper.reference import golden_sound

from sensorium.inputs.mel import log_mel
from sensorium.models.whisper.decode import WindowDecoder, language_chances
from sensorium.models.whisper.grammar import Grammar
from sensorium.models.whisper.load import load
from sensorium.models.whisper.model import WhisperNetwork


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "expected.json").read_text()))


def test_a_folder_gives_what_the_reference_gave(expected: dict[str, Any]) -> None:
    model = load(FOLDER)
    network, tokens = model.network, model.tokens
    assert isinstance(network, WhisperNetwork)
    mel = log_mel(golden_sound(), model.mel)[0]
    np.testing.assert_allclose(mel[::16, ::20].numpy(), expected["mel"], atol=2e-4)  # quiet bins: rounding of the FFT
    with torch.inference_mode():
        heard = network.hear(mel.unsqueeze(0))
        rows = network.encoder(mel.unsqueeze(0))[0, ::10]
        logits = network.logits(network(torch.tensor([IDS]), heard)[0, -2:])
        np.testing.assert_allclose(rows.numpy(), expected["rows"], atol=1e-3)
        np.testing.assert_allclose(logits.numpy(), expected["logits"], atol=1e-3, rtol=1e-3)
        assert tokens.languages[next(iter(language_chances(network, heard, tokens)))] == expected["language"]
        for kind in ("timed", "untimed"):
            prompt = tokens.prompt("de", "transcribe", timestamps=kind == "timed")
            window = WindowDecoder(
                network,
                heard,
                prompt,
                tokens=tokens,
                grammar=Grammar(tokens, timestamps=kind == "timed"),
                generator=torch.Generator(),
                max_tokens=30,
            )
            said = [*prompt, *window.attempt(0.0).ids]
            assert said == [id_ for id_ in expected[kind] if id_ != tokens.end]


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in Path(FOLDER).iterdir()) < 100_000
