"""Less memory for more time: what happens inside a block is computed again for the gradients instead of being kept."""

from functools import partial

from torch import nn
from torch.utils.checkpoint import checkpoint

from sensorium.nn.block import Block


def recompute_blocks(module: nn.Module) -> int:
    """Keep only what goes into each transformer block (Chen et al. 2016), about a third more time. Returns: how many.

    Gradients are the same. Names of parameters are, too: a block's call is replaced, not the block.
    """
    blocks = [each for each in module.modules() if isinstance(each, Block)]
    for block in blocks:
        block.__dict__["forward"] = partial(checkpoint, block.forward, use_reentrant=False)
    return len(blocks)
