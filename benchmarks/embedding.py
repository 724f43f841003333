"""Pictures embedded per second by CLIP ViT-B/32, ours beside transformers: `python benchmarks/embedding.py [--json]`.

Random weights of that shape in one folder, read by both. `network`: from prepared pixels [32, 3, 224, 224] to places.
`pictures`: from decoded 640 x 480 pictures to places, as a user asks for them: preparing included. Both run in one
process on the same data, in turns; medians of the turns, the ratio of ours to theirs turn by turn with its quartiles,
that of seconds of the processor, which a busy machine changes less, and the largest distance between places of the same
picture. At rest, with the extra `dev`, which brings transformers.
"""

import argparse
import json
import platform
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import torch
from torch import Tensor

BATCH = 32
REPEATS = 7
TYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}
PICTURES = {
    "image_processor_type": "CLIPImageProcessor",
    "size": {"shortest_edge": 224},
    "crop_size": {"height": 224, "width": 224},
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}

Embed = Callable[[Any], Tensor]


def write(folder: Path) -> None:
    """The picture tower of CLIP ViT-B/32 with random weights, as transformers writes it."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(0)
    config = CLIPVisionConfig(patch_size=32, hidden_size=768, intermediate_size=3072, projection_dim=512)
    CLIPVisionModelWithProjection(config).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(PICTURES))


def ours(folder: Path, kind: torch.dtype) -> tuple[Embed, Embed]:
    """From pixels to places, and from pictures to places."""
    from sensorium.media.types import Image
    from sensorium.models.dual.load import load_dual

    model = load_dual(folder, dtype=kind)

    def places(pixels: Tensor) -> Tensor:
        with torch.inference_mode():
            return model.network.embed_images(pixels)

    return places, lambda arrays: torch.from_numpy(model.embed([Image(each) for each in arrays]))


def theirs(folder: Path, kind: torch.dtype) -> tuple[Embed, Embed]:
    """The same by transformers."""
    from transformers import AutoImageProcessor, CLIPVisionModelWithProjection

    model: Any = CLIPVisionModelWithProjection.from_pretrained(folder, dtype=kind).eval()
    processor: Any = AutoImageProcessor.from_pretrained(folder)

    def places(pixels: Tensor) -> Tensor:
        with torch.inference_mode():
            found: Tensor = model(pixel_values=pixels.to(kind)).image_embeds.float()
            return found / found.norm(dim=-1, keepdim=True)

    return places, lambda arrays: places(processor(images=list(arrays), return_tensors="pt")["pixel_values"])


def compare(name: str, one: Embed, other: Embed, given: Any, repeats: int) -> dict[str, Any]:
    """In turns, after one of each to warm up."""
    far = float((one(given) - other(given)).norm(dim=-1).max())
    turns = [(_seconds(one, given), _seconds(other, given)) for _ in range(repeats)]
    mine, reference = (statistics.median(clock for clock, _ in column) for column in zip(*turns, strict=True))
    low, middle, high = statistics.quantiles([b[0] / a[0] for a, b in turns], n=4)
    return {
        "what": name,
        "ours_per_s": len(given) / mine,
        "transformers_per_s": len(given) / reference,
        "ratio": middle,
        "ratio_quartiles": [low, high],
        "cpu_ratio": statistics.median(b[1] / a[1] for a, b in turns),
        "furthest": far,
    }


def measure(kind: str, repeats: int, batch: int) -> Iterator[dict[str, Any]]:
    """Both comparisons."""
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write(folder)
        mine, reference = ours(folder, TYPES[kind]), theirs(folder, TYPES[kind])
        pixels = torch.from_numpy(random.standard_normal((batch, 3, 224, 224), np.float32))
        pictures = random.integers(0, 256, (batch, 480, 640, 3), np.uint8)
        for name, at, given in (("network", 0, pixels), ("pictures", 1, pictures)):
            told = compare(name, mine[at], reference[at], given, repeats)
            yield {"type": kind, "batch": batch, "threads": torch.get_num_threads(), **told}


def _seconds(embed: Embed, given: Any) -> tuple[float, float]:
    """Of the clock, and of the processor."""
    started, busy = perf_counter(), process_time()
    embed(given)
    return perf_counter() - started, process_time() - busy


@contextmanager
def quiet() -> Iterator[None]:
    """Without the reference's bars and advice."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    yield


def main() -> None:
    """Measure; lines for people, or one JSON object per line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(": `")[0])
    parser.add_argument("--type", choices=tuple(TYPES), default="bf16")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="turns of each (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=BATCH, help="pictures at a time (default: %(default)s)")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not given.json:
        print(f"CLIP ViT-B/32, {given.type}, batches of {given.batch}; {platform.machine()}, torch {torch.__version__}")
    with quiet():
        for each in measure(given.type, given.repeats, given.batch):
            if given.json:
                print(json.dumps(each), flush=True)
            else:
                print(_line(each), flush=True)


def _line(told: dict[str, Any]) -> str:
    low, high = told["ratio_quartiles"]
    return (
        f"{told['what']:9s} ours {told['ours_per_s']:.1f}/s  transformers {told['transformers_per_s']:.1f}/s  "
        f"ratio {told['ratio']:.2f} ({low:.2f} to {high:.2f}), of the processor {told['cpu_ratio']:.2f}  "
        f"furthest {told['furthest']:.4f}"
    )


if __name__ == "__main__":
    main()
