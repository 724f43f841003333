"""Batches that are larger than what a machine can take a gradient of at once: in pieces, and over several processes."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

C = TypeVar("C")


def in_pieces(encode: Callable[[C], Tensor], pieces: Sequence[C], loss: Callable[[Tensor], Tensor]) -> Iterator[Tensor]:
    """Gradient caching (GradCache, Gao et al. 2021): losses whose gradients add up to that of the whole batch.

    Rows of all pieces are made without a graph; the loss of all rows gives the slope of each; then piece by piece is
    encoded once more, and its rows times their slopes are a loss with the same gradient. Only one piece's graph exists
    at a time: take the gradient of each loss before the next is asked for. What is drawn while encoding (dropout) has
    to be drawn alike both times.

    Args:
        encode: a piece to rows [n, D].
        pieces: of the batch.
        loss: of all rows [N, D], in the order of the pieces; it may have parameters of its own.

    Yields: first the loss itself, in which rows are constants; then one for each piece, whose value means nothing.
    """
    with torch.no_grad():
        made = [encode(piece) for piece in pieces]
    rows = torch.cat(made).detach().requires_grad_()
    whole = loss(rows)
    (slopes,) = torch.autograd.grad(whole, rows, retain_graph=True)
    yield whole
    for piece, slope in zip(pieces, slopes.split([len(each) for each in made]), strict=True):
        yield (encode(piece) * slope).sum()


def everybodys(rows: Tensor) -> Tensor:
    """The rows of all processes, in their order, with gradients to those of this one.

    Every process takes the loss of all rows and the mean of parameters' gradients over the processes, as data parallel
    training does: that is the gradient of the big batch.

    Inputs: rows: [N, D], as many in each process. Returns: [processes N, D]; the rows themselves of one alone.
    """
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return rows
    collect: Callable[[Tensor], Tensor] = _Gather.apply
    return collect(rows)


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, rows: Tensor) -> Tensor:
        context.count = len(rows)
        everyone = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
        dist.all_gather(everyone, rows.contiguous())
        return torch.cat(everyone)

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> Tensor:
        """Each process has slopes of everybody's rows: the sum over processes is what a row owes to all losses."""
        whole = slopes[0].contiguous()
        dist.all_reduce(whole)
        start = dist.get_rank() * context.count
        return whole[start : start + context.count]
