"""SmolVLM-256M's shape with random weights, ours beside transformers: `python benchmarks/open_checkpoint.py`.

Each run is a process of its own: from its start to a model that is ready (imports included), to the first token about
one 512x512 picture (seen whole, so one tile) with some forty tokens of text, then the pace of the next 64 tokens, and
the operating system's count of peak memory. Runs alternate; medians are given, and ratios of ours to theirs. At rest,
and with the extra `dev` installed, which brings transformers. `--runs 1 --only ours` takes half a minute; `--load`
stops at the model that is ready, and on a busy machine its seconds of the processor tell more than those of the clock.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from time import perf_counter, process_time, time
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from sensorium.models.answerer import Answerer
    from sensorium.runtime.local import LocalModel

RUNS = 3
DECODED = 64
QUESTION = "What is in this picture? Say it in one short sentence, and name the largest thing that you can see in it."
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<end_of_utterance>", "<fake_token_around_image>", "<image>")
TEMPLATE = (
    "<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}:{% for part in message['content'] %}"
    "{% if part['type'] == 'text' %}{{part['text']}}{% else %}<image>{% endif %}{% endfor %}<end_of_utterance>\n"
    "{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)
CONFIG: dict[str, Any] = {
    "model_type": "idefics3",
    "image_token_id": 5,
    "scale_factor": 4,
    "tie_word_embeddings": False,
    "text_config": {
        "model_type": "llama",
        "hidden_size": 576,
        "num_hidden_layers": 30,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "intermediate_size": 1536,
        "vocab_size": 49_280,
        "rope_theta": 100_000.0,
        "max_position_embeddings": 8192,
        "pad_token_id": 2,
    },
    "vision_config": {
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
        "image_size": 512,
        "patch_size": 16,
    },
}
PICTURES = {
    "image_processor_type": "Idefics3ImageProcessor",
    "do_image_splitting": False,
    "size": {"longest_edge": 512},
    "max_image_size": {"longest_edge": 512},
}


def write(folder: Path) -> None:
    """A checkpoint folder of that shape: bf16 weights, a byte-level tokenizer, a template."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    from sensorium.models.idefics3.config import read_config
    from sensorium.models.idefics3.model import build
    from sensorium.models.idefics3.rules import rules
    from sensorium.weights.loading import save_checkpoint

    torch.manual_seed(0)
    config = read_config(CONFIG)
    model = build(config)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(std=0.02)
    save_checkpoint(folder, model, rules(config), dtype=torch.bfloat16, config={**CONFIG, "dtype": "bfloat16"})
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        special_tokens=[*SPECIAL, "<global-img>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(["What is in this picture? Say it in one short sentence."], trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"pad_token": "<|im_end|>", "eos_token": "<end_of_utterance>", "tokenizer_class": "PreTrainedTokenizerFast"}
    (folder / "tokenizer_config.json").write_text(json.dumps(names))
    (folder / "preprocessor_config.json").write_text(json.dumps(PICTURES))
    (folder / "chat_template.jinja").write_text(TEMPLATE)


def picture() -> Any:
    """512x512 pixels of noise."""
    import numpy as np

    return np.random.default_rng(0).integers(0, 256, (512, 512, 3), np.uint8)


def load_ours(folder: Path) -> Any:
    """The model, ready."""
    import sensorium

    return cast("LocalModel", sensorium.load(str(folder))).parts.model


def answer_ours(model: "Answerer") -> list[float]:
    """The moments of the start and of each token."""
    from sensorium.chat.message import user
    from sensorium.engine.generate import generate
    from sensorium.engine.sampling import Sampling
    from sensorium.media.types import Image

    marks = [perf_counter()]
    inputs = model.assembler.batch([model.assembler.talk([user(Image(picture()), QUESTION)], ask=True)])
    for _ in generate(model.network, inputs, Sampling(max_tokens=DECODED + 1), stops=()):
        marks.append(perf_counter())
    return marks


def load_theirs(folder: Path) -> Any:
    """The same with transformers, in bf16 as it recommends: the model and its processor."""
    import torch
    from transformers import AutoTokenizer, Idefics3ForConditionalGeneration
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
    from transformers.models.idefics3.processing_idefics3 import Idefics3Processor

    model = Idefics3ForConditionalGeneration.from_pretrained(folder, dtype=torch.bfloat16).eval()
    pictures = Idefics3ImageProcessorPil.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return model, Idefics3Processor(pictures, tokenizer, image_seq_len=64, chat_template=TEMPLATE)


def answer_theirs(loaded: Any) -> list[float]:
    """The moments of the start and of each token."""
    import torch

    model, processor = loaded
    marks = [perf_counter()]
    talk = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": QUESTION}]}]
    text = processor.apply_chat_template(talk, add_generation_prompt=True)
    inputs = processor(text=text, images=[picture()], return_tensors="pt")
    inputs["pixel_values"] = inputs["pixel_values"].to(torch.bfloat16)

    class Clock:
        """Called with the prompt, then with each token."""

        def put(self, value: Any) -> None:
            marks.append(perf_counter())

        def end(self) -> None:
            pass

    with torch.inference_mode():
        model.generate(**inputs, max_new_tokens=DECODED + 1, do_sample=False, eos_token_id=None, streamer=Clock())
    return [marks[0], *marks[2:]]


def run(which: str, folder: Path, began: float, *, load_only: bool) -> dict[str, float]:
    """What is told of one run."""
    load, answer = RUN[which]
    model = load(folder)
    found = {"ready_s": time() - began, "ready_processor_s": process_time()}
    if not load_only:
        marks = answer(model)
        found["first_token_s"] = marks[1] - marks[0]
        found["decode_tokens_per_s"] = (len(marks) - 2) / (marks[-1] - marks[1])
    return {**found, "peak_mb": peak_mb()}


def peak_mb() -> float:
    """Most memory that this process had at a time; rusage would count what its parent had when it was started."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def measure(which: str, folder: Path, options: Sequence[str]) -> dict[str, float]:
    """One run in a process of its own, which keeps the bytecode of what it imports, as an installation has it."""
    command = [sys.executable, __file__, *options, "--run", which, str(folder), str(time())]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"{which} failed with exit code {done.returncode}. {done.stderr.strip()}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(names: Sequence[str], runs: int, options: Sequence[str]) -> dict[str, Any]:
    """Medians of alternating runs and, where both are measured, ratios."""
    with tempfile.TemporaryDirectory() as name:
        write(Path(name))
        found = [{which: measure(which, Path(name), options) for which in names} for _ in range(runs)]
    medians = {
        which: {key: statistics.median(run[which][key] for run in found) for key in found[0][which]} for which in names
    }
    report: dict[str, Any] = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, torch {version('torch')}",
        **{which: {key: round(value, 3) for key, value in each.items()} for which, each in medians.items()},
    }
    if "transformers" in medians:
        report["version of transformers"] = version("transformers")
    if len(medians) == len(RUN):
        theirs = medians["transformers"]
        report["ours / transformers"] = {key: round(value / theirs[key], 3) for key, value in medians["ours"].items()}
    return report


RUN: dict[str, tuple[Callable[[Path], Any], Callable[[Any], list[float]]]] = {
    "ours": (load_ours, answer_ours),
    "transformers": (load_theirs, answer_theirs),
}


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(": `")[0])
    parser.add_argument("--runs", type=int, default=RUNS, help="of each (default: %(default)s)")
    parser.add_argument("--only", choices=tuple(RUN), help="measure one alone, without ratios")
    parser.add_argument("--load", action="store_true", help="go no further than to a model that is ready")
    parser.add_argument("--run", nargs=3, metavar=("WHICH", "FOLDER", "BEGAN"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        which, folder, began = options.run
        print(json.dumps(run(which, Path(folder), float(began), load_only=options.load)))
        return
    names = [options.only] if options.only else tuple(RUN)
    print(json.dumps(compare(names, options.runs, ["--load"] if options.load else []), indent=2))


if __name__ == "__main__":
    main()
