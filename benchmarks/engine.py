"""The engine on SmolVLM-256M's shape beside transformers and llama.cpp: `python benchmarks/engine.py`.

Random weights; each run is a process of its own, runs alternate, medians count. Ours is measured as `sensorium bench`
does it, with the limits of the machine. Measured are: one stream (behind 128 tokens, with sixteen, eight and four bits;
F16, Q8_0 and Q4_0 of llama.cpp), the first token about a picture of 512x512 pixels with some forty tokens of text, a
second question about it, and eight streams at once, each with a picture of its own and 64 tokens: tokens a second
from the first request to the last token, pictures included. transformers takes the eight as a batch, llama.cpp as
sequences of one batch, which is how its server fills its slots. At rest; peers come with `pip install transformers
llama-cpp-python gguf` and are left out where they are missing. `--folder` keeps the files for the next time. Parts run
one at a time: `--list` names them, `--only NAME` (several times) takes those alone, `--json FILE` keeps what was found.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import decode
import open_checkpoint as shape
import peer_llama

MODEL, STREAMS, SAID = "model", 8, 64
Found = dict[str, float]


def ours(folder: Path, bits: int | None) -> Found:
    """One stream."""
    from sensorium.evaluation.bench.run import Source, decoding

    found = decoding(Source("idefics3", folder / MODEL), bits)
    if found is None:
        raise SystemExit(f"the model takes no {bits} bits")
    return {"one_pace": 1 / found.told.each, "bytes": found.bytes}


def ours_asked(folder: Path) -> Found:
    """First tokens and streams, with sixteen bits."""
    from sensorium.evaluation.bench.run import Source, answering

    found, _ = answering(Source("idefics3", folder / MODEL))
    if found.questions is None:
        raise SystemExit("the model takes no pictures")
    return {
        "first_s": found.questions.first,
        "second_s": found.questions.second,
        "one_tokens_per_s": found.one.total,
        "one_decoding": found.one.pace,
        "many_tokens_per_s": found.many.total,
        "many_decoding": found.many.pace,
        "operations": found.operations,
    }


def ours_grown(folder: Path) -> Found:
    """What length costs."""
    from sensorium.evaluation.bench.result import growth_figures
    from sensorium.evaluation.bench.run import Source, growing

    found = growing(Source("idefics3", folder / MODEL))
    return {each.what: each.value for each in growth_figures(found)}


def ours_held(folder: Path) -> Found:
    """Memory at its peak, over that of weights and caches."""
    from sensorium.evaluation.bench.run import Source, memory

    found = memory(Source("idefics3", folder / MODEL))
    if found is None:
        raise SystemExit("this system does not say how much memory a process takes")
    held = found.weights + found.caches
    return {
        "peak": found.peak,
        "before": found.before,
        "peak_over_held": found.peak / held,
        "grown_over_held": (found.peak - found.before) / held,  # without Python and PyTorch
    }


def limits(_: Path) -> Found:
    """The machine."""
    from sensorium.evaluation.bench.limits import machine

    found = machine()
    return {"bytes_per_s": found.bytes_per_s, **found.products}


def theirs(folder: Path) -> Found:
    """transformers, all of it."""
    import torch
    from transformers import AutoTokenizer, Idefics3ForConditionalGeneration
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
    from transformers.models.idefics3.processing_idefics3 import Idefics3Processor

    model = Idefics3ForConditionalGeneration.from_pretrained(folder / MODEL, dtype=torch.bfloat16).eval()
    pictures, tokenizer = (each.from_pretrained(folder / MODEL) for each in (Idefics3ImageProcessorPil, AutoTokenizer))
    processor = Idefics3Processor(pictures, tokenizer, image_seq_len=64, chat_template=shape.TEMPLATE)
    talk = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": shape.QUESTION}]}]
    text = processor.apply_chat_template(talk, add_generation_prompt=True)

    def run(count: int, tokens: int) -> list[float]:
        marks = [perf_counter()]
        inputs = processor(text=[text] * count, images=[[shape.picture()]] * count, return_tensors="pt")
        inputs["pixel_values"] = inputs["pixel_values"].to(torch.bfloat16)

        def mark(ids: Any, scores: Any) -> Any:
            marks.append(perf_counter())
            return scores

        with torch.inference_mode():
            model.generate(**inputs, max_new_tokens=tokens, do_sample=False, eos_token_id=None, logits_processor=[mark])
        return marks

    run(1, 2)
    firsts = [marks[1] - marks[0] for marks in (run(1, 1) for _ in range(3))]
    marks = run(1, SAID)
    many = run(STREAMS, SAID)
    return {
        "one_pace": 1 / statistics.median(after - before for before, after in pairwise(marks[1:])),
        "first_s": statistics.median(firsts),
        "one_tokens_per_s": SAID / (marks[-1] - marks[0]),
        "many_tokens_per_s": STREAMS * SAID / (many[-1] - many[0]),
    }


def llama(folder: Path, kind: str) -> Found:
    """One stream of llama.cpp."""
    return {"one_pace": decode.run(f"llama.cpp {kind}", folder)["tokens_per_s"]}


def llama_asked(folder: Path) -> Found:
    """Pictures and streams of llama.cpp, with sixteen bits."""
    return peer_llama.pictures(folder, STREAMS, SAID, decode.threads())


RUN: dict[str, Callable[[Path], Found]] = {
    "machine": limits,
    "ours bf16": lambda folder: ours(folder, None),
    "ours int8": lambda folder: ours(folder, 8),
    "ours int4": lambda folder: ours(folder, 4),
    "ours": ours_asked,
    "ours, length": ours_grown,
    "ours, memory": ours_held,
    "transformers": theirs,
    "llama.cpp F16": lambda folder: llama(folder, "F16"),
    "llama.cpp Q8_0": lambda folder: llama(folder, "Q8_0"),
    "llama.cpp Q4_0": lambda folder: llama(folder, "Q4_0"),
    "llama.cpp": llama_asked,
}


class Target(NamedTuple):
    """How many times better ours is to be: `key` of one run over, for seconds under, `their_key` of another."""

    what: str
    one: str
    key: str
    other: str
    their_key: str
    times: float


TARGETS = (
    Target("decode bf16 / transformers", "ours bf16", "one_pace", "transformers", "one_pace", 5.0),
    Target("decode bf16 / llama.cpp F16", "ours bf16", "one_pace", "llama.cpp F16", "one_pace", 1.5),
    Target("decode int8 / llama.cpp Q8_0", "ours int8", "one_pace", "llama.cpp Q8_0", "one_pace", 1.4),
    Target("decode int4 / llama.cpp Q4_0", "ours int4", "one_pace", "llama.cpp Q4_0", "one_pace", 1.2),
    Target("picture to first token / transformers", "ours", "first_s", "transformers", "first_s", 1.3),
    Target("picture to first token / llama.cpp", "ours", "first_s", "llama.cpp", "first_s", 2.2),
    Target("second question / first", "ours", "second_s", "ours", "first_s", 15.0),
    Target("8 streams / one", "ours", "many_tokens_per_s", "ours", "one_tokens_per_s", 2.5),
    Target("8 streams, decoding / one", "ours", "many_decoding", "ours", "one_decoding", 2.5),
    Target("8 streams / llama.cpp", "ours", "many_tokens_per_s", "llama.cpp", "many_tokens_per_s", 1.5),
    Target("8 streams / transformers", "ours", "many_tokens_per_s", "transformers", "many_tokens_per_s", 4.0),
)


def chosen(only: list[str]) -> list[str]:
    """Parts that can run here: all, or those that are named. Raises: SystemExit for a name that there is not."""
    if unknown := [name for name in only if name not in RUN]:
        raise SystemExit(f"--only: got '{unknown[0]}'; expected one of: {', '.join(RUN)}.")
    return [name for name in only or RUN if decode.installed(*needs(name))]


def compare(folder: Path, runs: int, names: list[str]) -> dict[str, Any]:
    """Medians of alternating runs, ratios beside what they are to reach, shares of the limits."""
    found = [{name: measure(name, folder) for name in names} for _ in range(runs)]
    medians = {
        name: {key: statistics.median(each[name][key] for each in found) for key in found[0][name]} for name in names
    }
    ratios = {}
    for each in TARGETS:
        if each.one in medians and each.other in medians:
            times = medians[each.one][each.key] / medians[each.other][each.their_key]
            ratios[each.what] = {"measured": 1 / times if each.key.endswith("_s") and "per" not in each.key else times}
            ratios[each.what]["to reach"] = each.times
    return {
        "machine": f"{os.cpu_count()} cores, {decode.threads()} threads",
        "versions": {name: decode.version_of(name) for name in ("torch", "numba", "transformers", "llama-cpp-python")},
        "medians": medians,
        "ratios": ratios,
        "shares of the limit": shares(medians),
    }


def shares(medians: dict[str, Found]) -> Found:
    """How near memory's pace one stream is, and the matrix units' a picture."""
    machine = medians.get("machine")
    if machine is None:
        return {}
    found = {
        name: each["one_pace"] * each["bytes"] / machine["bytes_per_s"]
        for name, each in medians.items()
        if "bytes" in each
    }
    if "ours" in medians:
        found["picture to first token"] = medians["ours"]["operations"] / machine["bf16"] / medians["ours"]["first_s"]
    return found


def needs(name: str) -> tuple[str, ...]:
    """Packages that a run takes."""
    return ("llama_cpp", "gguf") if "llama" in name else ("transformers",) if name == "transformers" else ()


def measure(name: str, folder: Path) -> Found:
    """One run in a process of its own."""
    command = [sys.executable, __file__, "--run", name, "--folder", str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(decode.threads())}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"{name} failed with exit code {done.returncode}. {done.stderr.strip()}")
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def write(folder: Path) -> None:
    """All models."""
    shape.write(folder / MODEL)
    if decode.installed("gguf"):
        decode.write(folder)
        peer_llama.write(folder, folder / MODEL)


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(": `")[0])
    parser.add_argument("--runs", type=int, default=3, help="of each (default: %(default)s)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="measure this part, and no other")
    parser.add_argument("--list", action="store_true", help="name the parts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found there, too")
    parser.add_argument("--folder", type=Path, help="where the models are, or shall be kept")
    parser.add_argument("--write", action="store_true", help="make the models, and no more")
    parser.add_argument("--run", choices=tuple(RUN), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(RUN[options.run](options.folder)))
        return
    names = chosen(options.only)
    if options.list:
        print("\n".join(names))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        if not (folder / MODEL).is_dir():
            write(folder)
        if not options.write:
            found = json.dumps(compare(folder, options.runs, names), indent=2)
            print(found)
            if options.json is not None:
                options.json.write_text(found + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
