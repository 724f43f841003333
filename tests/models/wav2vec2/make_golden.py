"""Writes the golden folder of wav2vec 2.0: a tiny checkpoint of the reference, and what it makes of a sound.

    python -m tests.models.wav2vec2.make_golden

Needs transformers. What is written is kept beside the tests, so that machines without it can compare.
"""

import json
from pathlib import Path

import torch
from tests.models.wav2vec2.reference import LARGE, wav2vec2_folder
from tests.models.whisper.reference import golden_sound

FOLDER = Path(__file__).parent / "golden"


def write() -> None:
    """The folder: weights in fp16, which both sides load as fp32."""
    import transformers

    model = wav2vec2_folder(FOLDER, LARGE)
    model.half().save_pretrained(FOLDER)
    extractor = transformers.Wav2Vec2FeatureExtractor.from_pretrained(FOLDER)
    tokenizer = transformers.Wav2Vec2CTCTokenizer.from_pretrained(FOLDER)
    prepared = extractor(golden_sound(), sampling_rate=16_000, return_tensors="pt").input_values
    with torch.no_grad():
        logits = model.float()(prepared).logits[0]
    written = logits.index_fill(1, torch.tensor([1, 2, 3]), -torch.inf).argmax(dim=-1)  # no mark is ever written
    words = tokenizer.decode(written, output_word_offsets=True).word_offsets
    expected = {
        "logits": [[round(each, 4) for each in row] for row in logits[::6].tolist()],
        "words": [[each["word"], int(each["start_offset"]), int(each["end_offset"])] for each in words],
    }
    (FOLDER / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    write()
