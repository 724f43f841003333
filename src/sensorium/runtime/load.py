"""`load(name)`: from a name, a folder or an id of the Hub to a model that answers."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sensorium.core.errors import UsageError
from sensorium.models.adapter_folder import load_adapter
from sensorium.models.adapters import fold
from sensorium.models.catalog import BUNDLED, DEFAULT, EMBEDDERS, FAMILIES, SPACE, Progress, embeds, locate, reader
from sensorium.models.key_maps import OWN_NAMES, family_map
from sensorium.models.quantise import quantise_cache
from sensorium.runtime.embedding import load_embedder
from sensorium.runtime.fallback import load_fallback
from sensorium.runtime.hosted.address import is_address
from sensorium.runtime.hosted.model import load_hosted
from sensorium.runtime.local import LocalModel
from sensorium.runtime.memory import check_fit
from sensorium.runtime.parts import Parts, read_parts
from sensorium.runtime.protocol import Model, model_name
from sensorium.runtime.space import SpaceModel

if TYPE_CHECKING:
    from torch import nn

SMALLEST = FAMILIES.get("idefics3").source


def load(
    name: str | os.PathLike[str] = DEFAULT,
    *,
    adapter: str | os.PathLike[str] | None = None,
    kv_bits: int | None = None,
    progress: Progress | None = None,
) -> Model:
    """Load a model. One of a family that we do not have is read by the package `transformers`, if it is installed.

    Args:
        name: of the catalogue (`sensorium models`), the path of a model folder, or "org/name" of the Hub, with
            "@revision" if one is meant; the bundled one without it. One that embeds gives places and no answers. Or
            the address of an engine that serves one: "vllm://host:8000/org/name" (runtime/hosted/address.py).
        adapter: a folder of adapters for it, as `sensorium train` and the package peft write them. What was measured
            about answers of the model alone is then not said of these.
        kv_bits: 8 to remember keys and values of tokens in eight bits: half the memory of bf16, and long talks go on
            quicker; scores differ a little (docs/engine.md).
        progress: told while a model is fetched: file, bytes so far, bytes in all.

    Raises: UsageError for an unknown name, or an adapter for a model that takes none; CheckpointError for a folder that
    is incomplete, damaged, of a family that nobody reads, or an adapter for another model; MissingPackage for one that
    `transformers` may read; ModelError when it cannot be fetched or does not fit into memory.
    """
    name = model_name(name)
    if is_address(name):
        if adapter is not None:
            raise UsageError(f"{name}: an adapter was given, too; expected a model on this machine. Serve it there.")
        _refuse_bits(name, kv_bits)
        return load_hosted(name)
    folder = locate(name, progress=progress, catalogue=EMBEDDERS if name == SPACE else FAMILIES)
    if embeds(folder):
        _refuse_bits(name, kv_bits)
        return _space(name, adapter)
    family = reader(folder, FAMILIES)
    check_fit(folder, smaller=SMALLEST)
    space = SPACE if folder == BUNDLED else None
    if family is None and adapter is None:
        _refuse_bits(name, kv_bits)
        return load_fallback(folder, name=name)
    if adapter is not None:
        parts = _adapted(family, folder, Path(adapter), name=name)
    else:
        parts = read_parts(cast("str", family), folder, name=name)
    if kv_bits is not None:
        quantise_cache(cast("nn.Module", parts.model.network), kv_bits)
    return LocalModel(parts, space=space)


def _refuse_bits(name: str, kv_bits: int | None) -> None:
    if kv_bits is not None:
        raise UsageError(f"{name}: kv_bits is {kv_bits}; expected a model whose caches are ours. Leave kv_bits out.")


def _space(name: str, adapter: str | os.PathLike[str] | None) -> SpaceModel:
    if adapter is not None:
        raise UsageError(f"{name}: embeds; expected a model that answers, for an adapter. Leave the adapter out.")
    return SpaceModel(load_embedder(name))


def _adapted(family: str | None, folder: Path, adapter: Path, *, name: str) -> Parts:
    """A model with adapters folded in, so that it answers as quickly as without. Raises: as `load`."""
    if family is None:
        raise UsageError(
            f"{name}: its family is not one of ours; expected one that is, for an adapter. Fold {adapter} into the "
            "model with peft, and give the merged one."
        )
    model = FAMILIES.resolve(family)(folder)
    network = cast("nn.Module", model.network)
    load_adapter(adapter, network, None if family in OWN_NAMES else family_map(family, folder))
    fold(network)
    return Parts(f"{name} + {adapter}", model)
