"""Whole folders of tiny checkpoints as the reference writes them: weights, processor and a real tokenizer."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from tests.models.dual.reference import clip, siglip
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from torch import Tensor

from sensorium.media.types import Image

PAIRS = "c+a ca+t</w> d+o do+g</w> p+h ph+o pho+t phot+o</w> o+f</w> t+h th+i thi+s</w> i+s</w> r+e re+d</w> a+n"
MERGES = [(first, second) for first, _, second in (pair.partition("+") for pair in PAIRS.split())]


def clip_folder(folder: Path, text: dict[str, Any] | None = None, vision: dict[str, Any] | None = None) -> Any:
    """Write a CLIP with its processor; return the reference's model."""
    import transformers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*letters, *(f"{letter}</w>" for letter in letters), *("".join(pair) for pair in MERGES)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    tokenizer = transformers.CLIPTokenizer(
        vocab={word: index for index, word in enumerate(words)}, merges=MERGES, model_max_length=16
    )
    pictures = transformers.CLIPImageProcessorPil(size={"shortest_edge": 34}, crop_size={"height": 30, "width": 30})
    transformers.CLIPProcessor(pictures, tokenizer).save_pretrained(folder)
    model = clip(text, vision)
    model.save_pretrained(folder)
    return model


def siglip_folder(
    folder: Path, text: dict[str, Any] | None = None, vision: dict[str, Any] | None = None, **settings: Any
) -> Any:
    """Write a SigLIP with its processor, whose tokenizer cleans as the real one does; return the reference's model."""
    import transformers

    model = siglip(text, vision)
    model.save_pretrained(folder)
    transformers.SiglipImageProcessorPil(size={"height": 30, "width": 30}).save_pretrained(folder)
    options = {"model_input_names": ["input_ids"], "do_lower_case": True, "padding_side": "right"} | settings
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=unigram(),
        eos_token="</s>",
        pad_token="</s>",
        unk_token="<unk>",
        model_max_length=32,
        **options,
    ).save_pretrained(folder)
    return model


def unigram() -> Tokenizer:
    """A tokenizer of the form that SigLIP's has: small letters, no punctuation, pieces with a mark for spaces."""
    words = ("this", "photo", "cat", "dog", "red", "a")
    pieces = [("<unk>", 0.0), ("</s>", 0.0), *((f"▁{word}", -2.0) for word in words)]
    pieces += [(letter, -5.0) for letter in "▁abcdefghijklmnopqrstuvwxyz0123456789éß猫"]
    made = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=False))
    made.normalizer = normalizers.Sequence(
        [
            normalizers.Lowercase(),
            normalizers.Replace(Regex(r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]"""), ""),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Strip(),
        ]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return made


def picture(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Soft shapes and noise, uint8 [height, width, 3]; the same for the same arguments."""
    draw = np.random.default_rng((seed, height, width))
    rows, columns = np.mgrid[0:height, 0:width] / max(height, width)
    waves = [np.sin(9 * (rows * a + columns * b)) for a, b in draw.uniform(-1, 1, (3, 2))]
    return (np.stack(waves, -1) * 90 + 128 + draw.integers(-30, 30, (height, width, 3))).clip(0, 255).astype(np.uint8)


PICTURES = {
    "square": picture(30, 30),
    "wide": picture(40, 97),
    "tall": picture(83, 31),
    "tiny": picture(1, 2),
    "narrow": picture(1, 120),
    "grey": np.repeat(picture(33, 45)[:, :, :1], 3, axis=2),
    "white": np.full((50, 50, 3), 255, np.uint8),
}
TEXTS = ["a photo of a cat", "Red DOG!", "", "this is one, two and 3", "  a\n  cat  ", "Ünïté 猫"]


def images() -> list[Image]:
    """All pictures."""
    return [Image(pixels, name) for name, pixels in PICTURES.items()]


def reference_outputs(theirs: Any, folder: Path, family: str, texts: list[str]) -> tuple[Any, Tensor]:
    """What the reference's model and processor make of texts and all pictures, and the ids of the texts."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    kind = transformers.CLIPImageProcessorPil if family == "clip" else transformers.SiglipImageProcessorPil
    pictures = kind.from_pretrained(folder)([Pillow.fromarray(each) for each in PICTURES.values()], return_tensors="pt")
    words = tokenizer(texts, padding="max_length" if family == "siglip" else True, return_tensors="pt")
    with torch.no_grad():
        return theirs(**words, **pictures), words["input_ids"]
