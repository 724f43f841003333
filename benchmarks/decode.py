"""Decoding, one stream, ours beside transformers and llama.cpp: `python benchmarks/decode.py`.

The language model of SmolVLM-256M (135M weights, tied head) with random weights: ours with sixteen, eight and four
bits, transformers in bf16, llama.cpp as F16, Q8_0 and Q4_0, its files written by its own package `gguf` from the same
numbers. Each run is a process of its own: a prompt of 128 tokens, then the time of each of 96 more, each chosen
as the likeliest; the median counts. Runs alternate. Beside them: what both cores read from memory at once, and the
share of it that ours uses. At rest, or with `--threads 1`, which counts processor time and so is disturbed less. Peers
come with `pip install transformers llama-cpp-python gguf`, and are left out where they are missing. `--folder` keeps
the files for the next time.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

PROMPT, DECODED = 128, 96
CONFIG: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 576,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "intermediate_size": 1536,
    "vocab_size": 49_280,
    "rope_theta": 100_000.0,
    "rms_norm_eps": 1e-5,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": True,
    "dtype": "bfloat16",
    "architectures": ["LlamaForCausalLM"],
}
Next = Callable[[int], int]
"""Takes a token, gives the likeliest next one."""


def write(folder: Path) -> None:
    """All models, in folders and files of the names of the runs."""
    import torch

    from sensorium.models.quantise import quantise, save
    from sensorium.models.text.config import read_config
    from sensorium.models.text.model import build, key_map
    from sensorium.weights.loading import save_checkpoint

    torch.manual_seed(0)
    config = read_config(CONFIG, where="benchmark")
    model = build(config)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(std=0.02)
    model = model.bfloat16()
    full = folder / "bf16"
    save_checkpoint(full, model, key_map(config), dtype=torch.bfloat16, config=CONFIG)
    theirs = {name: each.float().numpy() for name, each in key_map(config).write(model.state_dict()).items()}
    for bits in (8, 4):
        few = build(config).bfloat16()
        few.load_state_dict(model.state_dict())
        quantise(few, bits)
        save(folder / f"int{bits}", few, bits, source=full)
    if installed("gguf"):
        for kind in GGUF:
            write_gguf(folder / f"{kind}.gguf", theirs, kind)


GGUF = ("F16", "Q8_0", "Q4_0")
NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def wordless(out: Any) -> None:
    """No vocabulary: tokens are numbers here."""
    out.add_tokenizer_model("no_vocab")


def write_gguf(path: Path, weights: dict[str, Any], kind: str, add_words: Callable[[Any], None] = wordless) -> None:
    """The same numbers for llama.cpp, all matrices of one kind."""
    import gguf

    out = gguf.GGUFWriter(path, "llama")
    out.add_context_length(CONFIG["max_position_embeddings"])
    out.add_embedding_length(CONFIG["hidden_size"])
    out.add_block_count(CONFIG["num_hidden_layers"])
    out.add_feed_forward_length(CONFIG["intermediate_size"])
    out.add_head_count(CONFIG["num_attention_heads"])
    out.add_head_count_kv(CONFIG["num_key_value_heads"])
    out.add_layer_norm_rms_eps(CONFIG["rms_norm_eps"])
    out.add_rope_dimension_count(CONFIG["hidden_size"] // CONFIG["num_attention_heads"])
    out.add_rope_freq_base(CONFIG["rope_theta"])
    out.add_vocab_size(CONFIG["vocab_size"])
    add_words(out)
    quantised = gguf.GGMLQuantizationType[kind]
    for name, numbers in weights.items():
        target = gguf_name(name)
        if numbers.ndim == 1:
            out.add_tensor(target, numbers)
        else:
            out.add_tensor(target, gguf.quants.quantize(numbers, quantised), raw_dtype=quantised)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def gguf_name(name: str) -> str:
    """What llama.cpp calls a tensor of Llama's."""
    parts = name.removeprefix("model.").split(".")
    if parts[0] == "layers":
        return f"blk.{parts[1]}.{NAMES['.'.join(parts[2:-1])]}.weight"
    return {"embed_tokens": "token_embd", "norm": "output_norm"}[parts[0]] + ".weight"


def threads() -> int:
    """How many all runs use."""
    return int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))


def ours(folder: Path) -> Next:
    """A step of ours; weights as the folder has them."""
    import torch

    from sensorium.models.text.model import load

    decoder = load(folder).language
    cache = decoder.new_cache(1, PROMPT + DECODED + 1)
    with torch.inference_mode():
        decoder(decoder.embedding(torch.zeros(1, PROMPT, dtype=torch.int64)), torch.arange(PROMPT)[None], cache=cache)

    def step(token: int) -> int:
        with torch.inference_mode():
            scores = decoder.step(torch.tensor([token]), torch.tensor([cache.length]), None, cache)
            return int(scores.argmax())

    return step


def transformers(folder: Path) -> Next:
    """A step of theirs, as `generate` makes it."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder.with_name("bf16"), dtype=torch.bfloat16).eval()
    with torch.inference_mode():
        past = model(torch.zeros(1, PROMPT, dtype=torch.int64), use_cache=True).past_key_values

    def step(token: int) -> int:
        with torch.inference_mode():
            found = model(torch.tensor([[token]]), past_key_values=past, use_cache=True, logits_to_keep=1)
            return int(found.logits[0, -1].argmax())

    return step


def llama_cpp(path: Path) -> Next:
    """A step of llama.cpp, without what its Python wrapper does around it."""
    import llama_cpp as package
    import numpy as np

    model = package.Llama(
        str(path.with_name(path.name.removeprefix("llama.cpp ") + ".gguf")),
        n_ctx=PROMPT + DECODED + 8,
        n_threads=threads(),
        n_threads_batch=threads(),
        verbose=False,
    )
    model.eval([0] * PROMPT)
    own = (package.llama_token * 1)()

    def step(token: int) -> int:
        own[0] = token
        if package.llama_decode(model.ctx, package.llama_batch_get_one(own, 1)):
            raise SystemExit("llama.cpp failed to decode")
        scores = np.ctypeslib.as_array(package.llama_get_logits(model.ctx), (CONFIG["vocab_size"],))
        return int(scores.argmax())

    return step


RUN: dict[str, Callable[[Path], Next]] = {
    **dict.fromkeys(("bf16", "int8", "int4"), ours),
    "transformers": transformers,
    **dict.fromkeys((f"llama.cpp {kind}" for kind in GGUF), llama_cpp),
}
NEEDS = {"transformers": ("transformers",)} | dict.fromkeys((f"llama.cpp {k}" for k in GGUF), ("llama_cpp", "gguf"))


def run(which: str, folder: Path) -> dict[str, float]:
    """Tokens a second, by the median of a token's time."""
    clock = process_time if threads() == 1 else perf_counter
    step, token, times = RUN[which](folder / which), 1, []
    for _ in range(DECODED):
        start = clock()
        token = step(token)
        times.append(clock() - start)
    return {"tokens_per_s": 1 / statistics.median(times), "best": 1 / min(times)}


def bandwidth() -> float:
    """Bytes a second that all threads read together: the best of ten passes over 256 MB."""
    import torch

    clock = process_time if threads() == 1 else perf_counter
    numbers = torch.ones(1 << 25, dtype=torch.int64)
    times = []
    for _ in range(10):
        start = clock()
        numbers.sum()
        times.append(clock() - start)
    return numbers.nbytes / min(times)


def read_per_token(folder: Path) -> int:
    """Bytes of weights that a token reads: all, but of the embedding only where it is the head too."""
    from sensorium.weights.checkpoint import Checkpoint

    tensors = Checkpoint.open(folder).tensors
    untied = "language.head.codes" in tensors
    return sum(
        each.stop - each.start for name, each in tensors.items() if not (untied and name.endswith("embedding.weight"))
    )


def installed(*modules: str) -> bool:
    """Whether peers can be measured."""
    from importlib.util import find_spec

    return all(find_spec(module) is not None for module in modules)


def measure(which: str, folder: Path) -> dict[str, float]:
    """One run in a process of its own."""
    command = [sys.executable, __file__, "--run", which, "--folder", str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads())}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"{which} failed with exit code {done.returncode}. {done.stderr.strip()}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(folder: Path, runs: int, only: str) -> dict[str, Any]:
    """Medians of alternating runs, ratios, and shares of what memory gives."""
    names = [name for name in RUN if only in name and installed(*NEEDS.get(name, ()))]
    found: list[dict[str, dict[str, float]]] = []
    speeds = []
    for _ in range(runs):
        speeds.append(measure("bandwidth", folder)["bytes_per_s"])
        found.append({name: measure(name, folder) for name in names})
    medians = {name: statistics.median(each[name]["tokens_per_s"] for each in found) for name in names}
    speed = max(speeds)
    report: dict[str, Any] = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {threads()} threads",
        "versions": {name: version_of(name) for name in ("torch", "numba", "transformers", "llama-cpp-python")},
        "read_gb_per_s": round(speed / 1e9, 1),
        "tokens_per_s": {name: round(value, 1) for name, value in medians.items()},
        "best_token_per_s": {name: round(max(each[name]["best"] for each in found), 1) for name in names},
        "share_of_limit": {
            name: round(medians[name] * read_per_token(folder / name) / speed, 3) for name in names if RUN[name] is ours
        },
    }
    pairs = (
        ("bf16", "transformers"),
        ("bf16", "llama.cpp F16"),
        ("int8", "llama.cpp Q8_0"),
        ("int4", "llama.cpp Q4_0"),
    )
    report["ratios"] = {
        f"{left} / {right}": round(medians[left] / medians[right], 2)
        for left, right in pairs
        if left in medians and right in medians
    }
    return report


def version_of(package: str) -> str | None:
    """None for one that is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(": `")[0])
    parser.add_argument("--runs", type=int, default=3, help="of each (default: %(default)s)")
    parser.add_argument("--only", default="", help="measure those alone whose names have this in them")
    parser.add_argument("--folder", type=Path, help="where the models are, or shall be kept")
    parser.add_argument("--threads", type=int, default=threads(), help="of each run (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="make the models, and no more")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    if options.run:
        found = {"bytes_per_s": bandwidth()} if options.run == "bandwidth" else run(options.run, options.folder)
        print(json.dumps(found))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        if not (folder / "int4").is_dir():
            write(folder)
        if not options.write:
            print(json.dumps(compare(folder, options.runs, options.only), indent=2))


if __name__ == "__main__":
    main()
