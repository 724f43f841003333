"""Weights of a model in eight or four bits: a pass over a built model, and folders of such models.

Products of the language model get few bits, and of what stands between it and its media; a head at least eight. What
reads media stays as it is, since it computes for many rows at once and gains nothing; so does the embedding, of which
a token reads one row. Where that is the head too, the head becomes a matrix of its own.

A folder is that of the model with other weights: under our names, with `codes` and `scales` where a product has few
bits. Its config.json says so:

    "_quantised": {"quant_method": "sensorium", "bits": 4, "group": 32}

What was measured of the full model's answers does not hold for these, and is left out: how often they are right, and
how sure is sure. What is familiar stays, since what reads media does.

Keys and values have eight bits in any model that was given to `quantise_cache`; nothing of that is in a folder.
"""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from sensorium.core.errors import UsageError
from sensorium.core.files import MANIFEST, write_atomic
from sensorium.language.decoder import Decoder
from sensorium.models.nano.folder import CONFIG, seal
from sensorium.nn.coded import BITS as CACHE_BITS
from sensorium.nn.coded import SCALE
from sensorium.nn.kernels.table import GROUP
from sensorium.nn.linear import Linear
from sensorium.nn.quantised import BITS, QuantisedLinear
from sensorium.weights.checkpoint import SINGLE, Checkpoint
from sensorium.weights.filling import first_names
from sensorium.weights.folder import read_json
from sensorium.weights.quantised import METHOD, STATED
from sensorium.weights.store import save_weights

CARD, CALIBRATION, RESULTS = "README.md", "calibration.json", "results.json"

READERS = frozenset({"reader", "readers"})
"""Parts of a network that read media."""


@dataclass(frozen=True)
class Quantised:
    """What the pass changed. before, after: bytes of these layers' weights."""

    bits: int
    layers: tuple[str, ...]
    before: int
    after: int


def quantise(network: nn.Module, bits: int) -> Quantised:
    """Give the products of a network weights of few bits, in place.

    Raises: UsageError for another number of bits, a network that has few bits already, or one without such products.
    """
    if bits not in BITS:
        raise UsageError(f"quantise: got {bits} bits; expected 8 or 4. Choose one of them.")
    found = list(_products(network))
    if not found or any(isinstance(module, QuantisedLinear) for module in network.modules()):
        raise UsageError(
            "quantise: got a model without weights that it can give few bits, or with such already; expected one whose "
            "weights have sixteen or more, and widths of whole groups of 32. Take the model that it was made of."
        )
    before = after = 0
    for name, layer, size in found:
        made = QuantisedLinear.of(layer, size or bits)
        parent, _, own = name.rpartition(".")
        setattr(network.get_submodule(parent), own, made)
        before += layer.weight.nbytes
        after += made.codes.nbytes + made.scales.nbytes
    return Quantised(bits, tuple(name for name, *_ in found), before, after)


def quantise_cache(network: nn.Module, bits: int) -> int:
    """Let the caches of a network's decoders hold keys and values in eight bits from now on, half as many as bf16.

    Returns: how many decoders there are.

    Raises: UsageError for another number of bits, or a network without such decoders.
    """
    if bits != CACHE_BITS:
        raise UsageError(
            f"quantise_cache: got {bits} bits; expected {CACHE_BITS}. Choose {CACHE_BITS}, or leave it out."
        )
    found = [module for module in network.modules() if isinstance(module, Decoder)]
    if not found or any(decoder.head_width % SCALE for decoder in found):
        raise UsageError(
            f"quantise_cache: got a model without a decoder of ours, or with heads whose width is no multiple of "
            f"{SCALE}; expected one with such. Leave its keys and values as they are."
        )
    for decoder in found:
        decoder.cache_bits = bits
    return len(found)


def save(folder: Path, network: nn.Module, bits: int, *, source: Path) -> None:
    """Write the folder of a model that went through `quantise`. Other files are those of `source`.

    Raises: OSError when a file cannot be written; CheckpointError for a calibration that cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.is_file() and _is_kept(path.name):
            shutil.copyfile(path, folder / path.name)
    if (source / CALIBRATION).is_file():
        measured = {**read_json(source / CALIBRATION), "curves": {}}
        write_atomic(folder / CALIBRATION, (json.dumps(measured, indent=1) + "\n").encode())
    if (folder / CARD).is_file():
        card = f"> {bits} bits a weight; all figures below are those of the full model.\n\n".encode()
        write_atomic(folder / CARD, card + (folder / CARD).read_bytes())
    config = json.loads((source / CONFIG).read_bytes())
    config[STATED] = {"quant_method": METHOD, "bits": bits, "group": GROUP}
    write_atomic(folder / CONFIG, (json.dumps(config, indent=2, ensure_ascii=False) + "\n").encode())
    ours = network.state_dict(keep_vars=True)
    firsts, kept = first_names(ours), _stored(source)
    weights = {name: _as(value.detach(), kept) for name, value in ours.items() if firsts[name] == name}
    save_weights(folder / SINGLE, weights, dtype=None)
    if (source / MANIFEST).is_file():
        seal(folder)


def _is_kept(name: str) -> bool:
    """Whether a file of the full model is one of this, too: all but weights, and what was measured of its answers."""
    weights = name.endswith(".safetensors") and name != "familiarity.safetensors"
    return not (weights or name.startswith((".", "model.safetensors")) or name in {CALIBRATION, RESULTS})


def _products(network: nn.Module) -> Iterator[tuple[str, nn.Linear, int | None]]:
    """Names of what can have few bits, the layers, and how many bits at least."""
    for top, part in network.named_children():
        if top in READERS:
            continue
        for inner, module in part.named_modules():
            name = f"{top}.{inner}" if inner else top
            if isinstance(module, Decoder):
                if module.width % GROUP == 0:
                    yield f"{name}.head", _head(module), 8
            elif type(module) is Linear and module.in_features % GROUP == 0 and not name.endswith(".head"):
                yield name, module, None


def _head(decoder: Decoder) -> nn.Linear:
    """A decoder's head as a layer, whether it is its embedding or not."""
    if decoder.head is not None:
        return decoder.head
    layer = nn.Linear(1, 1, bias=False)
    layer.weight = nn.Parameter(decoder.embedding.weight.detach(), requires_grad=False)
    layer.out_features, layer.in_features = layer.weight.shape
    return layer


def _stored(source: Path) -> torch.dtype:
    """The type that most weights of a folder have."""
    checkpoint = Checkpoint.open(source)
    types = Counter(checkpoint.dtype(name) for name in checkpoint.names)
    return next((dtype for dtype, _ in types.most_common() if dtype.is_floating_point), torch.float32)


def _as(value: Tensor, dtype: torch.dtype) -> Tensor:
    """A tensor in the type of the folder; fp32 is what it was read as."""
    return value.to(dtype) if value.dtype == torch.float32 else value
