"""Writes the golden folder of Whisper: a tiny checkpoint of the reference, and what it makes of a sound.

    python -m tests.models.whisper.make_golden

Needs transformers. What is written is kept beside the tests, so that machines without it can compare.
"""

import json
from pathlib import Path
from typing import Any

import torch
from tests.models.whisper.reference import SIZES, golden_sound, whisper_folder

FOLDER = Path(__file__).parent / "golden"
SMALL: dict[str, Any] = {"d_model": 16, "encoder_layers": 1, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24}
IDS = [41, 43, 46, 51, 7, 9, 30, 11]


def write() -> None:
    """The folder: weights in fp16, which both sides load as fp32."""
    import transformers

    model = whisper_folder(FOLDER, **SMALL)
    model.half().save_pretrained(FOLDER)
    model.float()
    extractor = transformers.WhisperFeatureExtractor(SIZES["num_mel_bins"], chunk_length=1)
    mel = extractor(golden_sound(), sampling_rate=16_000, return_tensors="pt").input_features
    asked = {
        "language": "de",
        "max_new_tokens": 30,
        "return_dict_in_generate": True,
        "force_unique_generate_call": True,
    }
    with torch.no_grad():
        expected = {
            "mel": mel[0, ::16, ::20].tolist(),
            "rows": model.model.encoder(mel).last_hidden_state[0, ::10].tolist(),
            "logits": model(mel, decoder_input_ids=torch.tensor([IDS])).logits[0, -2:].tolist(),
            "language": int(model.detect_language(mel)),
            "timed": model.generate(mel, return_timestamps=True, **asked).sequences[0].tolist(),
            "untimed": model.generate(mel, return_timestamps=False, **asked).sequences[0].tolist(),
        }
    (FOLDER / "expected.json").write_text(json.dumps(json.loads(json.dumps(expected), parse_float=_short)) + "\n")


def _short(number: str) -> float:
    return round(float(number), 6)


if __name__ == "__main__":
    torch.set_num_threads(1)
    write()
