"""Linear layers that are quick for few rows, which is what decoding asks of them.

On a CPU with AVX-512, PyTorch hands bf16 products to oneDNN, whose way through a large matrix is made for many rows.
For few rows kernels of ours (nn/kernels) read the weight at the pace of memory; where they cannot run, PyTorch's own
loop takes one row at twice oneDNN's pace. All have sums in fp32 (docs/decisions.md).
"""

from threading import Lock

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.nn.joined import joined
from sensorium.nn.kernels.ready import runner, wanted
from sensorium.nn.kernels.table import GROUP, Program, Table, Weight, padded

FEW = 16
"""Rows that kernels take; more go to oneDNN (nn/joined.py)."""

WORTH = 1 << 18
"""Numbers of a bf16 weight from which on kernels take it: small models never load them."""

_WITHOUT_ONEDNN = Lock()
"""Held while oneDNN is off, which it is for the whole process: whoever comes next finds the switch as it was."""


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Product of rows and a weight, as `torch.nn.functional.linear`.

    What a row gives does not depend on how many of up to `FEW` rows go together, where kernels run. Where they do not,
    products of other threads that begin while that of a single row runs do without oneDNN too, and are slower.

    Inputs: x: [..., D]; weight: [D out, D]; bias: [D out]. Returns: [..., D out].
    """
    if x.numel() > FEW * x.shape[-1]:
        found = joined(x, weight, bias)
        return F.linear(x, weight, bias) if found is None else found
    if x.dtype != torch.bfloat16 or x.device.type != "cpu":
        return F.linear(x, weight, bias)
    if weight.numel() >= WORTH and weight.dtype == x.dtype and weight.is_contiguous():
        more = () if bias is None else (bias,)
        if wanted(x, weight, *more):
            found = kernel_product(x, whole(weight, bias))
            if found is not None:
                return found
    if x.numel() != x.shape[-1]:
        return F.linear(x, weight, bias)
    switch = torch.backends.mkldnn
    with _WITHOUT_ONEDNN:
        before = switch.enabled
        switch.enabled = False  # type: ignore[assignment]  # a property that takes bool
        try:
            return F.linear(x, weight, bias)
        finally:
            switch.enabled = before


def kernel_product(x: Tensor, weight: Weight) -> Tensor | None:
    """The product of few rows, by kernels; None where they cannot take it. Returns: [..., N] in the type of `x`."""
    width = x.shape[-1]
    if width != weight.width or width % GROUP or not x.numel() or not wanted(x):
        return None
    run = runner()
    if run is None:
        return None
    rows = x.detach().to(torch.bfloat16).reshape(-1, width).contiguous()
    y = torch.empty(len(rows), padded(weight.rows))
    program = Program(len(rows))
    program.product(rows, weight, y)
    Table(program).run(run)
    return y[:, : weight.rows].to(x.dtype).view(*x.shape[:-1], weight.rows)


def whole(weight: Tensor, bias: Tensor | None) -> Weight:
    """A weight of sixteen bits as kernels take it. Inputs: weight: [N, K]; bias: [N]."""
    return Weight(weight.detach(), len(weight), weight.shape[1], bias=padded_bias(bias))


def padded_bias(bias: Tensor | None) -> Tensor | None:
    """A bias as kernels take it. Returns: [N rounded up to 16] fp32."""
    return None if bias is None else F.pad(bias.detach().float(), (0, padded(len(bias)) - len(bias)))


class Linear(nn.Linear):
    """`torch.nn.Linear`, to all who look for one, that multiplies by `linear`."""

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [..., D]. Returns: [..., D out]."""
        return linear(x, self.weight, self.bias)
