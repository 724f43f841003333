"""Make the golden files of VideoMAE and TimeSformer: tiny checkpoints of the reference, and what it makes of a clip.

    python -m tests.parity.make_golden_video

Needs transformers. Run it when the tiny checkpoints are to be others; the tests that read them need no transformers.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tests.models.video.reference import clips, saved, theirs

TINY = {"hidden_size": 12, "num_attention_heads": 2, "intermediate_size": 16, "image_size": 16, "num_frames": 4}
FILES = ("config.json", "preprocessor_config.json", "model.safetensors")
TESTS = Path(__file__).parents[1] / "models"


def make(family: str, kind: str, **changes: Any) -> None:
    """Write a checkpoint and expected.safetensors: frames, rows and logits."""
    reference = theirs(kind, **TINY | changes)
    frames = clips(1, 4, 16)
    with torch.no_grad():
        rows = getattr(reference, family)(frames).last_hidden_state
        logits = reference(frames).logits
    golden = TESTS / family / "golden"
    golden.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        saved(reference, Path(folder))
        for name in FILES:
            shutil.copy(Path(folder) / name, golden / name)
    save_file({"frames": frames, "rows": rows.contiguous(), "logits": logits}, golden / "expected.safetensors")


if __name__ == "__main__":
    make("videomae", "VideoMAEForVideoClassification")
    make("timesformer", "TimesformerForVideoClassification")
