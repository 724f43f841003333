"""The pre-norm transformer block, made of ready parts: encoders and decoders differ only in what they pass in."""

from torch import Tensor, nn

from sensorium.nn.attention import Attention
from sensorium.nn.cache import LayerCache
from sensorium.nn.mlp import Mlp, SwiGlu
from sensorium.nn.norm import RmsNorm
from sensorium.nn.rotary import Rotation


class Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x))."""

    def __init__(self, *, attention: Attention, mlp: nn.Module, attention_norm: nn.Module, mlp_norm: nn.Module) -> None:
        super().__init__()
        self.attention_norm = attention_norm
        self.attention = attention
        self.mlp_norm = mlp_norm
        self.mlp = mlp

    def forward(
        self,
        x: Tensor,
        rotation: Rotation,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        cache: LayerCache | None = None,
    ) -> Tensor:
        """Inputs and return: as `Attention.forward`."""
        x = x + self.attention(self.attention_norm(x), rotation, mask=mask, causal=causal, cache=cache)
        return x + self.mlp(self.mlp_norm(x))


def encoder_block(width: int, heads: int, hidden: int) -> Block:
    """A block that sees all rows: layer norms, GELU."""
    return Block(
        attention=Attention(width=width, heads=heads, qk_norm=True),
        mlp=Mlp(width, hidden),
        attention_norm=nn.LayerNorm(width),
        mlp_norm=nn.LayerNorm(width),
    )


def decoder_block(width: int, heads: int, kv_heads: int, hidden: int) -> Block:
    """A block of a causal decoder: RMS norms, SwiGLU, grouped queries."""
    return Block(
        attention=Attention(width=width, heads=heads, kv_heads=kv_heads, qk_norm=True),
        mlp=SwiGlu(width, hidden),
        attention_norm=RmsNorm(width),
        mlp_norm=RmsNorm(width),
    )
