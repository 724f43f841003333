"""What an answer cannot be had without: bytes that are read for each token, operations that a prompt takes."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from sensorium.inputs.carrier import ModelInputs
from sensorium.language.decoder import Decoder
from sensorium.models.answerer import Network
from sensorium.models.quantise import READERS
from sensorium.nn.cache import KVCache


def weight_bytes(network: Network) -> int:
    """Of all weights, shared ones counted once."""
    return _bytes(tensor for _, part in network.named_children() for tensor in _tensors(part))


def bytes_per_token(network: Network, context: int) -> int:
    """What one more token reads behind a context: weights of the language model, keys and values.

    Of an embedding that is not the head too, a token reads one row, which is not counted.
    """
    parts = [part for name, part in network.named_children() if name not in READERS]
    decoders = [module for part in parts for module in part.modules() if isinstance(module, Decoder)]
    unread = {id(each.embedding.weight) for each in decoders if each.head is not None}
    weights = _bytes(tensor for part in parts for tensor in _tensors(part) if id(tensor) not in unread)
    return weights + context * cache_bytes(network.new_cache(1, 1))


def cache_bytes(cache: KVCache) -> int:
    """Of keys and values."""
    return sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)


def operations(network: Network, inputs: ModelInputs) -> int:
    """Of all products of matrices until the first token is known, media included."""
    cache = network.new_cache(1, inputs.ids.shape[1] + 1)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        network.prefill(network.encode(inputs), cache)
    return counter.get_total_flops()


def type_of(network: Network) -> torch.dtype:
    """The type that products of the language model are computed in: that of its embedding, or of its keys.

    Keys tell it for other language models than ours alone: of ours, they may be in eight bits.
    """
    for _, part in network.named_children():
        for module in part.modules():
            if isinstance(module, Decoder):
                return module.embedding.weight.dtype
    return network.new_cache(1, 1).layers[0].keys.dtype


def _tensors(part: nn.Module) -> Iterable[Tensor]:
    yield from part.parameters()
    yield from part.buffers()


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum({tensor.data_ptr(): tensor.nbytes for tensor in tensors}.values())
