"""Tensors that several processes hold in pieces: each has some rows (`torch.distributed.tensor`, split along axis 0).

Pieces are as `torch.chunk` cuts them, so one after the other, in the order of the processes, they are the whole.
"""

import torch
from torch import Tensor
from torch.distributed.tensor import DTensor


def is_sharded(tensor: Tensor) -> bool:
    """Whether this process has only some rows of it."""
    return isinstance(tensor, DTensor)


def whole(tensor: Tensor) -> Tensor:
    """All of a tensor. Of one in pieces, all processes must ask at once."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def own(tensor: Tensor) -> Tensor:
    """The rows that this process has, in place."""
    return tensor.to_local().detach() if isinstance(tensor, DTensor) else tensor.detach()


def rows_of(complete: Tensor, like: Tensor) -> Tensor:
    """The rows of a whole tensor that this process has of `like`."""
    if not isinstance(like, DTensor):
        return complete
    mesh = like.device_mesh
    pieces = complete.chunk(mesh.size())
    place = mesh.get_local_rank()
    return pieces[place] if place < len(pieces) else complete[:0]


@torch.no_grad()
def fill(tensor: Tensor, complete: Tensor) -> None:
    """Write a whole tensor into one of the same shape, or this process's rows of it."""
    own(tensor).copy_(rows_of(complete, tensor))
