"""The pre-norm transformer block, made of ready parts: encoders and decoders differ only in what they pass in."""

from torch import Tensor, nn

from sensorium.nn.attention import Attention
from sensorium.nn.cache import LayerCache
from sensorium.nn.mlp import Mlp
from sensorium.nn.norm import RmsNorm
from sensorium.nn.rotary import Rotation


class Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)); what is added may be normed too (Gemma 2 and 3)."""

    def __init__(
        self,
        *,
        attention: Attention,
        mlp: nn.Module,
        attention_norm: nn.Module,
        mlp_norm: nn.Module,
        attention_post_norm: nn.Module | None = None,
        mlp_post_norm: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.attention_norm = attention_norm
        self.attention = attention
        self.attention_post_norm = attention_post_norm or nn.Identity()
        self.mlp_norm = mlp_norm
        self.mlp = mlp
        self.mlp_post_norm = mlp_post_norm or nn.Identity()

    def forward(
        self,
        x: Tensor,
        rotation: Rotation | None = None,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        cache: LayerCache | None = None,
        rows: slice | None = None,
    ) -> Tensor:
        """Inputs and return: as `Attention.forward`."""
        mixed = self.attention(self.attention_norm(x), rotation, mask=mask, causal=causal, cache=cache, rows=rows)
        x = (x if rows is None else x[:, rows]) + self.attention_post_norm(mixed)
        return x + self.mlp_post_norm(self.mlp(self.mlp_norm(x)))


def encoder_block(width: int, heads: int, hidden: int) -> Block:
    """A block that sees all rows, as `nano` has it: layer norms, GELU, normed queries and keys."""
    return Block(
        attention=Attention(width=width, heads=heads, qk_norm=RmsNorm),
        mlp=Mlp(width, hidden),
        attention_norm=nn.LayerNorm(width),
        mlp_norm=nn.LayerNorm(width),
    )


def tower_block(width: int, heads: int, hidden: int, *, activation: str, eps: float) -> Block:
    """A block of the vision, text and audio towers of CLIP, SigLIP and Whisper: layer norms, biases everywhere."""
    return Block(
        attention=Attention(width=width, heads=heads, bias=True, out_bias=True),
        mlp=Mlp(width, hidden, activation=activation),
        attention_norm=nn.LayerNorm(width, eps=eps),
        mlp_norm=nn.LayerNorm(width, eps=eps),
    )
