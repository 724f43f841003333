"""Training, ours beside a plain PyTorch loop and transformers.Trainer: `python benchmarks/training_speed.py [--json]`.

A small Llama with random weights, written as a checkpoint that ours and transformers read; every step has the same
talks, all of one length, and AdamW. The plain loop has ours as its model, and its batches ready before the clock
starts. Each run is a process of its own that takes 50 steps, of which the second half is timed; runs alternate, medians
are given. Beside them stands what the machine's matrix products alone would take. At rest, and with the extra `dev`.
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
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from sensorium.inputs.carrier import TrainingInputs
    from sensorium.training.pupil import Pupil
    from sensorium.training.recipe import Recipe
    from sensorium.training.trainer import Trainer

RUNS = 3
STEPS, WARM = 50, 25
"""Steps of a run, and how many of them are not timed; both where ours reports."""

DRAWS, BATCH = 2, 8
"""A step of ours is two micro-batches, one for each core; the others have them as one batch."""

RATE, CLIP = 1e-4, 1.0
TALKS, WORDS, SAID = 128, 256, 30
"""Talks in the data, different words in them, and words of each question and of each answer."""

TEMPLATE = (
    "{% for message in messages %}<|{{message['role']}}|>{{message['content']}}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ("<|end|>", "<|user|>", "<|assistant|>")
CONFIG: dict[str, Any] = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 192,
    "num_hidden_layers": 4,
    "num_attention_heads": 3,
    "num_key_value_heads": 1,
    "intermediate_size": 512,
    "vocab_size": 2048,
    "max_position_embeddings": 512,
    "tie_word_embeddings": True,
    "rms_norm_eps": 1e-6,
    "eos_token_id": 0,
}


def write(folder: Path) -> None:
    """A checkpoint folder of that shape, fp32, with a tokenizer of whole words, and the talks."""
    import numpy as np
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers

    from sensorium.models.text.config import read_config
    from sensorium.models.text.model import build, key_map
    from sensorium.weights.loading import save_checkpoint

    torch.manual_seed(0)
    config = read_config(CONFIG)
    model = build(config)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(std=0.02)
    save_checkpoint(folder, model, key_map(config), dtype=torch.float32, config={**CONFIG, "dtype": "float32"})
    words = [f"w{number}" for number in range(WORDS)]
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate((*SPECIAL, *words))}, "<|end|>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(list(SPECIAL))
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"eos_token": "<|end|>", "tokenizer_class": "PreTrainedTokenizerFast", "chat_template": TEMPLATE}
    (folder / "tokenizer_config.json").write_text(json.dumps(names))
    rng = np.random.default_rng(0)
    with (folder / "talks.jsonl").open("w") as file:
        for _ in range(TALKS):
            said = [" ".join(rng.choice(words, SAID)) for _ in range(2)]
            talk = [{"role": role, "content": each} for role, each in zip(("user", "assistant"), said, strict=True)]
            file.write(json.dumps({"messages": talk}) + "\n")


def recipe(folder: Path, out: str, precision: str) -> "Recipe":
    """That of ours."""
    from sensorium.core.config import from_dict
    from sensorium.training.recipe import Recipe

    settings = {
        "name": "speed",
        "steps": STEPS + WARM,  # the last step, which saves, comes after what is timed
        "mixture": {"talks": {"file": str(folder / "talks.jsonl"), "validation": 0.0, "batch": BATCH}},
        "start": str(folder),
        "output": out,
        "optimiser": {"matrices": "adamw", "adam_rate": RATE, "clip": CLIP, "accumulate": DRAWS},
        "precision": precision,
        "validation_samples": 0,
        "validate_every": 1000,
        "save_every": 1000,
    }
    return from_dict(Recipe, settings, where="benchmark")


def run_ours(folder: Path, precision: str) -> dict[str, float]:
    """The loop of `sensorium train`, all that it does between two reports included."""
    from sensorium.training.log import Progress
    from sensorium.training.loop import train

    clock: dict[int, float] = {}

    def report(progress: Progress) -> None:
        clock[progress.step] = perf_counter()

    with tempfile.TemporaryDirectory() as out:
        train(recipe(folder, out, precision), report)
    return {"seconds_per_step": (clock[STEPS] - clock[WARM]) / (STEPS - WARM)}


def batches(folder: Path, out: str, precision: str) -> "tuple[Trainer, list[TrainingInputs]]":
    """The model as ours trains it, and every step as one batch."""
    from sensorium.training.preparation import Steps
    from sensorium.training.trainer import Trainer

    trainer = Trainer(recipe(folder, out, precision), Path(out))
    steps = Steps(trainer.mixture, trainer.objective.tutor, STEPS, trainer.draws)
    taught = cast("Pupil", trainer.pupil).assembler
    found = []
    for step in range(STEPS):
        talks = [lesson.talk for _, lessons in steps[step] for lesson in lessons]
        found.append(taught.training_batch(talks))
    return trainer, found


def run_plain(folder: Path, precision: str) -> dict[str, float]:
    """What one would write by hand; like ours, it makes scores of the learnt tokens only."""
    import torch
    from torch.nn import functional

    with tempfile.TemporaryDirectory() as out:
        trainer, found = batches(folder, out, precision)
    torch.set_num_threads(os.cpu_count() or 1)
    network = cast("Pupil", trainer.pupil).network
    parameters = list(trainer.pupil.module.parameters())
    optimiser = torch.optim.AdamW(parameters, lr=RATE, betas=(0.9, 0.98), weight_decay=0.05, fused=True)
    began = 0.0
    for step, batch in enumerate(found):
        if step == WARM:
            began = perf_counter()
        learnt = batch.weights[:, 1:] > 0
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            hidden = network(batch.inputs)[:, :-1]
            logits = network.language.logits(hidden[learnt]).float()
            loss = functional.cross_entropy(logits, batch.inputs.ids[:, 1:][learnt])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        optimiser.step()
        loss.item()
    tokens = sum(batch.inputs.ids.numel() for batch in found) / len(found)
    return {
        "seconds_per_step": (perf_counter() - began) / (STEPS - WARM),
        "tokens": tokens,
        "limit": limit(sum(each.numel() for each in parameters), tokens, precision),
    }


def run_theirs(folder: Path, precision: str) -> dict[str, float]:
    """transformers.Trainer, with tensors that are ready."""
    import torch
    from transformers import AutoModelForCausalLM, TrainerCallback, TrainingArguments
    from transformers import Trainer as TheirTrainer

    with tempfile.TemporaryDirectory() as out:
        _, found = batches(folder, out, precision)
    torch.set_num_threads(os.cpu_count() or 1)
    rows = [
        {"input_ids": ids, "labels": torch.where(weights > 0, ids, -100)}
        for batch in found
        for ids, weights in zip(batch.inputs.ids, batch.weights, strict=True)
    ]
    clock: dict[int, float] = {}

    class Clock(TrainerCallback):  # type: ignore[misc]
        """Notes when steps end."""

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            clock[state.global_step] = perf_counter()

    with tempfile.TemporaryDirectory() as out:
        arguments = TrainingArguments(
            output_dir=out,
            per_device_train_batch_size=DRAWS * BATCH,
            max_steps=STEPS,
            learning_rate=RATE,
            max_grad_norm=CLIP,
            weight_decay=0.05,
            optim="adamw_torch_fused",
            bf16=precision == "bf16",
            logging_steps=WARM,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            use_cpu=True,
        )
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        TheirTrainer(model=model, args=arguments, train_dataset=rows, callbacks=[Clock()]).train()
    return {"seconds_per_step": (clock[STEPS] - clock[WARM]) / (STEPS - WARM)}


def limit(parameters: int, tokens: float, precision: str) -> float:
    """Seconds that the matrix products of a step would take at the pace of a large one.

    Two operations a parameter and token, once forward and twice backward; without attention, and as if scores were made
    of all tokens.
    """
    import torch

    first, second = (torch.randn(1024, 1024, dtype=getattr(torch, TYPES[precision])) for _ in range(2))
    times = []
    for _ in range(12):
        began = perf_counter()
        first @ second
        times.append(perf_counter() - began)
    return 6 * parameters * tokens / (2 * 1024**3 / statistics.median(times))


def measure(which: str, folder: Path, precision: str) -> dict[str, float]:
    """One run in a process of its own."""
    command = [sys.executable, __file__, "--run", which, str(folder), "--precision", precision]
    environment = {**os.environ, "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"{which} failed with exit code {done.returncode}. {done.stderr.strip()}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(names: Sequence[str], runs: int, precision: str) -> dict[str, Any]:
    """Medians of alternating runs, and ratios of ours to the others."""
    with tempfile.TemporaryDirectory() as name:
        write(Path(name))
        found = [{which: measure(which, Path(name), precision) for which in names} for _ in range(runs)]
    seconds = {which: statistics.median(run[which]["seconds_per_step"] for run in found) for which in names}
    report: dict[str, Any] = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, torch {version('torch')}",
        "precision": precision,
        "seconds per step": {which: round(each, 4) for which, each in seconds.items()},
    }
    if "plain" in names:
        report["tokens per step"] = found[0]["plain"]["tokens"]
        limits = statistics.median(run["plain"]["limit"] for run in found)
        report["seconds per step, matrix products alone"] = round(limits, 4)
    if "ours" in names:
        others = {which: each for which, each in seconds.items() if which != "ours"}
        report["ours / others"] = {which: round(seconds["ours"] / each, 3) for which, each in others.items()}
    return report


def table(report: dict[str, Any]) -> str:
    """The report as Markdown."""
    ratios = report.get("ours / others", {})
    lines = [
        f"{report['machine']}; {report['precision']}",
        "",
        "| loop | seconds a step | ours / this |",
        "|---|---|---|",
    ]
    lines += [
        f"| {which} | {each:.4f} | {ratios.get(which, '')} |" for which, each in report["seconds per step"].items()
    ]
    if (bound := report.get("seconds per step, matrix products alone")) is not None:
        lines.append(f"| matrix products alone | {bound:.4f} | |")
    return "\n".join(lines)


RUN: dict[str, Callable[[Path, str], dict[str, float]]] = {
    "ours": run_ours,
    "plain": run_plain,
    "transformers": run_theirs,
}
TYPES = {"fp32": "float32", "bf16": "bfloat16"}


def main() -> None:
    """Measure, and write a table or JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(": `")[0])
    parser.add_argument("--runs", type=int, default=RUNS, help="of each (default: %(default)s)")
    parser.add_argument("--only", choices=tuple(RUN), nargs="+", default=tuple(RUN), help="these alone")
    parser.add_argument("--precision", choices=tuple(TYPES), default="fp32")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--run", nargs=2, metavar=("WHICH", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        which, folder = options.run
        print(json.dumps(RUN[which](Path(folder), options.precision)))
        return
    report = compare(options.only, options.runs, options.precision)
    print(json.dumps(report, indent=2) if options.json else table(report))


if __name__ == "__main__":
    main()
