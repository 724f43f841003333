"""Writes the golden folder of nano-space: a tiny model of random weights, and where it puts some texts and media.

    python -m tests.models.nano_space.make_golden

There is no other implementation to compare with; what is written shows whether a change moves places that are stored
in indexes. Written anew only where that is meant.
"""

import json
from pathlib import Path

import numpy as np
import torch
from tests.models.tiny import drawn

from sensorium.chat.template import END, SPECIAL_TOKENS
from sensorium.chat.tokenizer import Tokenizer
from sensorium.inputs.spec import AudioSpec, ImageSpec, InputSpec
from sensorium.media.types import AudioClip, Image, VideoClip
from sensorium.models.nano.config import AudioConfig, VideoConfig, VisionConfig
from sensorium.models.nano_space.config import NanoSpaceConfig, PoolConfig, TextConfig
from sensorium.models.nano_space.folder import save_space
from sensorium.models.nano_space.model import build
from sensorium.models.nano_space.placer import NanoSpace
from sensorium.models.placing import Item

FOLDER = Path(__file__).parent / "golden"
EXPECTED = Path(__file__).parent / "expected.json"  # a space has no file that its manifest does not list

CONFIG = NanoSpaceConfig(
    vision=VisionConfig(width=16, layers=1, heads=2, hidden=24, stem=(8, 8)),
    audio=AudioConfig(width=16, layers=1, heads=2, hidden=24, stem=(4, 4, 8)),
    video=VideoConfig(width=24, layers=1, heads=2, hidden=24, stem=(4, 8, 8)),
    text=TextConfig(vocabulary=400, width=16, layers=1, heads=2, hidden=24, context=32),
    pool=PoolConfig(queries=2, layers=1, heads=2),
    dimensions=(24, 8),
    inputs=InputSpec(image=ImageSpec(max_pixels=4096, min_pixels=1024), audio=AudioSpec(mel_bins=16)),
)


def items() -> list[Item]:
    """Texts, a picture, a sound and a film that are the same everywhere."""
    rows, columns = np.mgrid[:40, :56].astype(np.uint8)
    pixels = np.stack((4 * rows, 3 * columns, rows + columns), axis=-1)
    times = np.arange(8_000, dtype=np.float32) / 16_000
    sound = np.sin(2 * np.pi * 440 * times) * (1 - 1.5 * times)
    frames = np.stack([np.roll(pixels[:32, :32], 8 * number, axis=1) for number in range(4)])
    film = VideoClip(frames, np.arange(4) / 4, 1.0)
    return ["an ankle boot", "红色的圆", Image(pixels), AudioClip(sound.astype(np.float32)), film]


def write() -> None:
    """The folder, with weights in bf16 and places of what `items` gives."""
    words = ["an ankle boot and a red circle", "红色的圆", "the digit seven"]
    tokenizer = Tokenizer.train(words * 3, vocabulary=CONFIG.text.vocabulary, special=SPECIAL_TOKENS)
    torch.manual_seed(0)
    network = build(CONFIG, end=tokenizer.special(END))
    scaled = {name: each + 0.3 * drawn(name, tuple(each.shape)) for name, each in network.state_dict().items()}
    network.load_state_dict({name: each.bfloat16().float() for name, each in scaled.items()})
    space = NanoSpace(network, CONFIG, tokenizer, {"image": 12.0})
    save_space(FOLDER, space)
    places = [[round(float(number), 6) for number in place] for place in space.embed(items())]
    EXPECTED.write_text(json.dumps({"places": places}) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    write()
