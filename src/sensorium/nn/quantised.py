"""Linear layers whose weights have eight or four bits, in groups of 32 numbers that share a scale.

Sixteen rows of a weight lie together, so that a processor meets them all with the same four numbers of an input row:

    codes [tiles, groups, 8, 64]   of eight bits: 64 bytes are 16 rows x 4 columns; a byte is the number / scale + 128
          [tiles, groups, 4, 64]   of four: low halves are columns 0 to 15 of the group, high ones 16 to 31; 8 is zero
    scales [tiles, groups, 16]     bf16

Few rows on a CPU go through kernels, which bring them to eight bits as well; all others meet the weight made plain.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.core.errors import ConfigError
from sensorium.nn.kernels.table import GROUP, TILE, Weight, padded
from sensorium.nn.linear import FEW, Linear, kernel_product, padded_bias, whole

BITS = (8, 4)


class QuantisedLinear(nn.Module):
    """x weight + bias, with a weight of few bits. It learns nothing."""

    codes: Tensor
    scales: Tensor
    bias: Tensor | None

    def __init__(self, width: int, rows: int, *, bits: int, bias: bool = False) -> None:
        """Build one without numbers.

        Args: width: D of the rows in, a multiple of 32; rows: D out; bits: 8 or 4; bias: whether there is one.

        Raises: ConfigError for another number of bits, or a width without whole groups.
        """
        super().__init__()
        if bits not in BITS or width % GROUP:
            raise ConfigError(
                f"quantised weight: got {bits} bits and a width of {width}; expected 8 or 4 bits and a multiple of "
                f"{GROUP}. Leave this weight as it is."
            )
        self.in_features, self.out_features, self.bits = width, rows, bits
        tiles, groups = padded(rows) // TILE, width // GROUP
        self.register_buffer("codes", torch.empty(tiles, groups, bits, 64, dtype=torch.uint8))
        self.register_buffer("scales", torch.empty(tiles, groups, TILE, dtype=torch.bfloat16))
        self.register_buffer("bias", torch.empty(rows) if bias else None)

    @classmethod
    def of(cls, layer: nn.Linear, bits: int) -> "QuantisedLinear":
        """The nearest to a layer. Raises: ConfigError as the constructor."""
        made = cls(layer.in_features, layer.out_features, bits=bits, bias=layer.bias is not None)
        made.codes, made.scales = packed(layer.weight.detach(), bits)
        if layer.bias is not None:
            made.bias = layer.bias.detach()
        return made.train(layer.training)

    def plain(self) -> Tensor:
        """The weight that it stands for. Returns: [D out, D] bf16."""
        return unpacked(self.codes, self.scales)[: self.out_features]

    def forward(self, x: Tensor) -> Tensor:
        """Inputs: x: [..., D]. Returns: [..., D out], in the type of `x`."""
        if x.numel() <= FEW * x.shape[-1]:
            found = kernel_product(x, weight_of_few_bits(self))
            if found is not None:
                return found
        bias = None if self.bias is None else self.bias.to(x.dtype)
        return F.linear(x, self.plain().to(x.dtype), bias)


def packed(weight: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """Codes and scales of a weight [N, K]; the module's docstring says how they lie.

    Eight bits reach from -127 to 127. Four reach from -8 to 7: -8 is for whichever end is farther from zero.
    """
    rows, width = weight.shape
    numbers = F.pad(weight.float(), (0, 0, 0, padded(rows) - rows)).view(-1, width // GROUP, GROUP)
    zero = 1 << (bits - 1)
    low, high = numbers.aminmax(dim=-1)
    far = torch.where(-low >= high, low, high)
    scales = (far.abs() / 127 if bits == 8 else far / -8).bfloat16()
    divisors = scales.float().unsqueeze(-1)
    codes = (numbers / divisors).nan_to_num(0.0).round().clamp(1 - zero if bits == 8 else -zero, zero - 1) + zero
    tiles = codes.to(torch.uint8).view(-1, TILE, width // GROUP, GROUP // 4, 4).permute(0, 2, 3, 1, 4)
    tiles = tiles.reshape(len(tiles), width // GROUP, 8, 64)
    if bits == 4:
        tiles = tiles[:, :, :4] | (tiles[:, :, 4:] << 4)
    return tiles.contiguous(), scales.view(-1, TILE, width // GROUP).transpose(1, 2).contiguous()


def unpacked(codes: Tensor, scales: Tensor) -> Tensor:
    """The weight that codes and scales stand for. Returns: [N rounded up to 16, K] bf16."""
    tiles, groups, bits, _ = codes.shape
    if bits == 4:
        codes = torch.cat((codes & 15, codes >> 4), dim=2)
    numbers = codes.to(torch.bfloat16).sub_(1 << (bits - 1)).view(tiles, groups, 8, TILE, 4)
    numbers = numbers.mul_(scales.view(tiles, groups, 1, TILE, 1))
    return numbers.permute(0, 3, 1, 2, 4).reshape(tiles * TILE, groups * GROUP)


def weight_of_few_bits(layer: QuantisedLinear) -> Weight:
    """A layer's weight as kernels take it."""
    scales = layer.scales.to(torch.bfloat16)  # a model that was cast has them in another type
    return Weight(layer.codes, layer.out_features, layer.in_features, layer.bits, scales, padded_bias(layer.bias))


def weight_of(layer: nn.Module) -> Weight | None:
    """A layer's weight as kernels take it; None for one that they cannot take."""
    if isinstance(layer, QuantisedLinear):
        return weight_of_few_bits(layer)
    if not isinstance(layer, nn.Linear) or type(layer) not in (nn.Linear, Linear):
        return None
    weight = layer.weight.detach()
    if weight.dtype != torch.bfloat16 or not weight.is_contiguous() or weight.shape[1] % GROUP:
        return None
    return whole(weight, layer.bias)
