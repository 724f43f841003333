"""Checkpoints into networks, those with weights of few bits too (quantise.py)."""

import torch
from torch import nn

from sensorium.core.errors import CheckpointError
from sensorium.language.decoder import Decoder
from sensorium.nn.quantised import QuantisedLinear
from sensorium.weights.checkpoint import Checkpoint
from sensorium.weights.filling import LoadReport, fill_module
from sensorium.weights.keymap import KeyMap, rename
from sensorium.weights.loading import load_checkpoint as load_plain
from sensorium.weights.quantised import quantised_layers


def load_checkpoint(
    module: nn.Module, checkpoint: Checkpoint, keymap: KeyMap, *, dtype: torch.dtype | None
) -> LoadReport:
    """Fill a network; args and errors as of `weights.loading.load_checkpoint`.

    Weights of few bits are under our names, and all keep the types that they have.
    """
    if not give_few_bits(module, checkpoint):
        return load_plain(module, checkpoint, keymap, dtype=dtype)
    names = KeyMap(tuple(rename(name, name) for name in module.state_dict()))
    return fill_module(module, checkpoint, names, dtype=lambda theirs, _: theirs)


def give_few_bits(module: nn.Module, checkpoint: Checkpoint) -> bool:
    """Put layers of few bits where a checkpoint has such. Returns: whether it has any.

    Raises: CheckpointError for layers that the module does not have, and as `quantised_layers`.
    """
    layers = quantised_layers(checkpoint)
    for name, bits in layers.items():
        parent, _, own = name.rpartition(".")
        try:
            place = module.get_submodule(parent)
            layer = getattr(place, own)
        except AttributeError as error:
            raise CheckpointError(
                f"{checkpoint.path}: {name} is not a part of this model. Use the files of one model together."
            ) from error
        if layer is None and isinstance(place, Decoder):
            rows, width = place.embedding.weight.shape
        else:
            rows, width = layer.out_features, layer.in_features
        bias = getattr(layer, "bias", None) is not None
        setattr(place, own, QuantisedLinear(width, rows, bits=bits, bias=bias))
    return bool(layers)
