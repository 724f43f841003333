"""A talk's keys and values in a safetensors file, with a checksum: a talk goes on tomorrow without being taken again.

metadata   version, talk (what it is kept under: model, adapter, tenant and name), shown (its media), sha256
tensors    ids [T], keys.0 [K, T, E], values.0, keys.1, …
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from sensorium.core.errors import CheckpointError, EngineError
from sensorium.core.files import write_atomic
from sensorium.engine.memory import PagedMemory
from sensorium.engine.prompt import content

VERSION = "1"


def save_talk(path: Path, memory: PagedMemory, talk: bytes) -> None:
    """Write what is kept of a talk, atomically.

    Raises: EngineError when nothing is kept of it any more; OSError when the file cannot be written.
    """
    kept = memory.kept(talk)
    if kept is None:
        raise EngineError("talk: nothing is kept of it, or no longer. Save it sooner, or give the engine more memory.")
    tensors = {"ids": torch.tensor(kept.ids)}
    for number, (keys, values) in enumerate(memory.memory.read(kept.stretch.blocks, kept.stretch.length)):
        tensors |= {f"keys.{number}": keys.contiguous(), f"values.{number}": values.contiguous()}
    shown = json.dumps([(place, digest.hex()) for place, digest in kept.shown])
    facts = {"version": VERSION, "talk": talk.hex(), "shown": shown}
    write_atomic(path, save(tensors, {**facts, "sha256": _checksum(tensors, facts)}))


def restore_talk(path: Path, memory: PagedMemory, talk: bytes) -> None:
    """Keep a talk that `save_talk` wrote.

    Raises: CheckpointError when the file is damaged or of another talk, model, adapter or tenant; EngineError when
    there is no room for it; OSError when the file cannot be read.
    """
    tensors, facts = _read(path)
    told = facts.pop("sha256", "")
    if facts.get("version") != VERSION or told != _checksum(tensors, facts):
        raise CheckpointError(
            f"{path}: is damaged, or no talk that was saved by version {VERSION}: its content does not have the "
            "SHA-256 that it tells. Begin the talk anew."
        )
    if facts.get("talk") != talk.hex():
        raise CheckpointError(
            f"{path}: is another talk, or of another model, adapter or tenant. Restore it with those it was saved with."
        )
    shown = [(place, bytes.fromhex(digest)) for place, digest in json.loads(facts["shown"])]
    layers = [(tensors[f"keys.{number}"], tensors[f"values.{number}"]) for number in range(len(tensors) // 2)]
    memory.adopt(talk, tensors["ids"].tolist(), shown, layers)


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except SafetensorError as error:
        raise CheckpointError(f"{path}: cannot be read ({error}). Begin the talk anew.") from error


def _checksum(tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> str:
    found = hashlib.sha256(json.dumps(dict(facts), sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        found.update(content(tensor))
    return found.hexdigest()
