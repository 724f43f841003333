"""What an answer needs at least."""

from copy import deepcopy

import torch

from sensorium.evaluation.bench.work import type_of
from sensorium.models.early import EarlyFusion
from sensorium.models.quantise import quantise_cache


def test_the_type_is_not_that_of_keys_in_eight_bits(tiny_nano: EarlyFusion) -> None:
    network = deepcopy(tiny_nano)
    quantise_cache(network, 8)
    assert network.new_cache(1, 1).layers[0].keys.dtype == torch.uint8
    assert type_of(network) == torch.float32
