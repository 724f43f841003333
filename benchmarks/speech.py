"""30 s of sound and 64 tokens by Whisper-tiny, ours beside transformers: `python benchmarks/speech.py [--json]`.

Random weights of that shape in one folder, read by both, and one spectrogram of 30 s: encoded, then the likeliest of
all tokens 64 times. Both run in one process, in turns, after one of each to warm up; medians of the turns, the ratio of
theirs to ours turn by turn with its quartiles, that of seconds of the processor, which a busy machine changes less, and
how many of the tokens are the same (scores of random weights in bf16 may lie too near to each other). At rest, with the
extra `dev`, which brings transformers.
"""

import argparse
import json
import platform
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import torch
from embedding import TYPES, quiet
from torch import Tensor

REPEATS = 7
TOKENS = 64
PROMPT = [50258, 50259, 50359, 50363]
"""The start, English, transcribe, no timestamps."""

Listen = Callable[[Tensor], tuple[list[int], float]]
"""A spectrogram [1, 80, 3000] to ids, and the seconds of the clock that the encoder took."""


def write(folder: Path) -> None:
    """Whisper-tiny with random weights, as transformers writes it."""
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    torch.manual_seed(0)
    WhisperForConditionalGeneration(WhisperConfig()).save_pretrained(folder)


def ours(folder: Path, kind: torch.dtype) -> Listen:
    """The network of models/whisper."""
    from sensorium.models.whisper.config import read_config
    from sensorium.models.whisper.model import build
    from sensorium.models.whisper.rules import rules
    from sensorium.weights.checkpoint import Checkpoint, read_json
    from sensorium.weights.loading import load_checkpoint

    config = read_config(read_json(folder / "config.json"), "config.json")
    network = build(config).eval()
    load_checkpoint(network, Checkpoint.open(folder), rules(config), dtype=kind)

    @torch.inference_mode()
    def listen(mel: Tensor) -> tuple[list[int], float]:
        started = perf_counter()
        heard = network.hear(mel)
        encoded = perf_counter() - started
        cache, said = network.new_cache(1), [*PROMPT]
        for _ in range(TOKENS):
            hidden = network(torch.tensor([said[cache.length :]]), heard, cache=cache)
            said.append(int(network.logits(hidden[:, -1]).argmax()))
        return said[len(PROMPT) :], encoded

    return listen


def theirs(folder: Path, kind: torch.dtype) -> Listen:
    """The same by transformers' `generate`."""
    from transformers import WhisperForConditionalGeneration

    model: Any = WhisperForConditionalGeneration.from_pretrained(folder, dtype=kind).eval()
    model.generation_config.suppress_tokens = None
    model.generation_config.begin_suppress_tokens = None

    @torch.inference_mode()
    def listen(mel: Tensor) -> tuple[list[int], float]:
        started = perf_counter()
        heard = model.model.encoder(mel.to(kind))
        encoded = perf_counter() - started
        lengths = {"max_new_tokens": TOKENS, "min_new_tokens": TOKENS}
        said = model.generate(
            encoder_outputs=heard, decoder_input_ids=torch.tensor([PROMPT]), do_sample=False, **lengths
        )
        return said[0, -TOKENS:].tolist(), encoded

    return listen


def measure(kind: str, repeats: int) -> dict[str, Any]:
    """Both, in turns."""
    with tempfile.TemporaryDirectory() as place:
        write(Path(place))
        sides = [make(Path(place), TYPES[kind]) for make in (ours, theirs)]
    mel = torch.randn(1, 80, 3000, generator=torch.Generator().manual_seed(0))
    said = [side(mel)[0] for side in sides]
    turns = [[_timed(side, mel) for side in sides] for _ in range(repeats)]
    mine, reference = (list(zip(*column, strict=True)) for column in zip(*turns, strict=True))
    low, middle, high = statistics.quantiles([b[0] / a[0] for a, b in turns], n=4)
    return {
        "type": kind,
        "threads": torch.get_num_threads(),
        "ours_s": statistics.median(mine[0]),
        "transformers_s": statistics.median(reference[0]),
        "ours_encoder_s": statistics.median(mine[2]),
        "transformers_encoder_s": statistics.median(reference[2]),
        "ratio": middle,
        "ratio_quartiles": [low, high],
        "cpu_ratio": statistics.median(b[1] / a[1] for a, b in turns),
        "same_tokens": sum(a == b for a, b in zip(*said, strict=True)) / TOKENS,
    }


def _timed(listen: Listen, mel: Tensor) -> tuple[float, float, float]:
    """Seconds of the clock, of the processor, and of the clock in the encoder."""
    started, busy = perf_counter(), process_time()
    encoded = listen(mel)[1]
    return perf_counter() - started, process_time() - busy, encoded


def main() -> None:
    """Measure; a line for people, or one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(": `")[0])
    parser.add_argument("--type", choices=tuple(TYPES), default="bf16")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="turns of each (default: %(default)s)")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with quiet():
        told = measure(given.type, given.repeats)
    low, high = told["ratio_quartiles"]
    line = (
        f"Whisper-tiny, 30 s and {TOKENS} tokens, {given.type}; {platform.machine()}, torch {torch.__version__}\n"
        f"ours {told['ours_s']:.2f} s (encoder {told['ours_encoder_s']:.2f})  "
        f"transformers {told['transformers_s']:.2f} s (encoder {told['transformers_encoder_s']:.2f})  "
        f"ratio {told['ratio']:.2f} ({low:.2f} to {high:.2f}), of the processor {told['cpu_ratio']:.2f}  "
        f"same tokens {told['same_tokens']:.0%}"
    )
    print(json.dumps(told) if given.json else line)


if __name__ == "__main__":
    main()
