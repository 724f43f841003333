"""The network of Whisper (Radford et al. 2022).

    mel ── WhisperEncoder ── keys and values of every decoder layer ─┐
    ids ── embedding + places ── self-attention, cross-attention, MLP ── norm ── embedding again ── scores

Keys and values of the sound are made once for a window, however often it is decoded.
"""

from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor, nn

from sensorium.core.errors import EngineError
from sensorium.encoders.audio_whisper import STRIDE, WhisperEncoder
from sensorium.models.whisper.config import WhisperConfig
from sensorium.nn.attention import Attention, CrossAttention
from sensorium.nn.block import tower_block
from sensorium.nn.cache import KVCache, LayerCache, causal_mask
from sensorium.nn.linear import linear
from sensorium.nn.mlp import Mlp

EPS = 1e-5

Heard = tuple[tuple[Tensor, Tensor], ...]
"""Per decoder layer the keys and values of the sound, each [B, H, S, E]."""


class DecoderBlock(nn.Module):
    """Pre-norm: tokens to tokens before them, tokens to the sound, then the feed-forward."""

    def __init__(self, width: int, heads: int, hidden: int, *, activation: str) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width, eps=EPS)
        self.attention = Attention(width=width, heads=heads, bias=True, out_bias=True)
        self.cross_norm = nn.LayerNorm(width, eps=EPS)
        self.cross = CrossAttention(width=width, source_width=width, heads=heads, bias=True)
        self.mlp_norm = nn.LayerNorm(width, eps=EPS)
        self.mlp = Mlp(width, hidden, activation=activation)

    def forward(
        self,
        x: Tensor,
        heard: tuple[Tensor, Tensor],
        *,
        mask: Tensor | None,
        cache: LayerCache | None,
        looks: list[Tensor] | None = None,
    ) -> Tensor:
        """Mix rows.

        Inputs:
            x: [B, T, D].
            heard: keys and values of the sound, [B, H, S, E].
            mask: of the tokens, as `causal_mask` gives it; causal without a cache.
            looks: takes, if given, the scores of every token with the sound, [B, H, T, S] fp32, before their softmax.

        Returns: [B, T, D].
        """
        mixed = self.attention(self.attention_norm(x), mask=mask, causal=mask is None and x.shape[1] > 1, cache=cache)
        x = x + mixed
        normed = self.cross_norm(x)
        if looks is not None:
            looks.append(self._looks(normed, heard[0]))
        x = x + self.cross(normed, *heard)
        return x + self.mlp(self.mlp_norm(x))

    def _looks(self, normed: Tensor, key: Tensor) -> Tensor:
        query = self.cross.query(normed).unflatten(-1, (self.cross.heads, -1)).transpose(1, 2)  # [B, H, T, E]
        return (query.float() @ key.float().transpose(-1, -2)) * query.shape[-1] ** -0.5


class WhisperNetwork(nn.Module):
    """Encoder and decoder; the token embedding is also the head."""

    def __init__(
        self,
        *,
        encoder: WhisperEncoder,
        embedding: nn.Embedding,
        blocks: list[DecoderBlock],
        context: int,
    ) -> None:
        """Build from ready parts; `context` tokens fit, the prompt included."""
        super().__init__()
        self.context = context
        self.encoder = encoder
        self.embedding = embedding
        self.positions = nn.Parameter(nn.init.normal_(torch.empty(context, embedding.embedding_dim), std=0.02))
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(embedding.embedding_dim, eps=EPS)

    def hear(self, mel: Tensor) -> Heard:
        """Encode a window of sound, which is always a whole one: the silence behind a sound is heard too.

        Inputs: mel: [B, M, frames], any floating type, on any device.

        Raises: EngineError for another number of frames.
        """
        frames = STRIDE * len(self.encoder.positions)
        if mel.shape[2] != frames:
            raise EngineError(f"mel: got {mel.shape[2]} frames; the encoder takes {frames}. Pad or cut the sound.")
        rows = self.encoder(mel.to(self.positions))
        looked = (block.cross.look(rows) for block in self._blocks())
        return tuple((_kept(key), _kept(value)) for key, value in looked)

    def new_cache(self, batch: int) -> KVCache:
        """Room for the whole context of `batch` sequences."""
        attention = next(self._blocks()).attention
        return KVCache.empty(
            layers=len(self.blocks),
            batch=batch,
            kv_heads=attention.kv_heads,
            capacity=self.context,
            head_width=attention.head_width,
            like=self.positions,
        )

    def forward(
        self,
        ids: Tensor,
        heard: Heard,
        *,
        cache: KVCache | None = None,
        looks: dict[int, list[Tensor]] | None = None,
    ) -> Tensor:
        """Hidden states of tokens.

        Inputs:
            ids: [B, T].
            heard: of `hear`.
            cache: tokens before these, extended by them.
            looks: per layer of interest a list, which gets what `DecoderBlock.forward` gives.

        Returns: [B, T, D], normed, ready for `logits`.

        Raises: EngineError for more tokens than the context.
        """
        before, length = (cache.length if cache is not None else 0), ids.shape[1]
        if before + length > self.context:
            raise EngineError(
                f"Whisper: {before + length} tokens; the decoder takes at most {self.context}. Shorten the prompt."
            )
        x = self.embedding(ids) + self.positions[before : before + length]
        mask = causal_mask(length, before + length, None, ids.device) if before else None
        for index, (block, sound) in enumerate(zip(self._blocks(), heard, strict=True)):
            layer = cache.layers[index] if cache is not None else None
            x = block(x, sound, mask=mask, cache=layer, looks=(looks or {}).get(index))
        return self.norm(x)

    def _blocks(self) -> Iterator[DecoderBlock]:
        return cast("Iterator[DecoderBlock]", iter(self.blocks))

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores of the next token. Inputs: hidden: [..., D]. Returns: [..., V]."""
        return linear(hidden, self.embedding.weight)


def _kept(rows: Tensor) -> Tensor:
    """Keys or values as each token wants them: side by side, and on a CPU in fp32, else they are cast each time."""
    return (rows.float() if rows.device.type == "cpu" else rows).contiguous()


def build(config: WhisperConfig) -> WhisperNetwork:
    """A network with random weights."""
    width, heads, hidden = config.d_model, config.decoder_attention_heads, config.decoder_ffn_dim
    return WhisperNetwork(
        encoder=build_encoder(config),
        embedding=nn.Embedding(config.vocab_size, width),
        blocks=[
            DecoderBlock(width, heads, hidden, activation=config.activation_function)
            for _ in range(config.decoder_layers)
        ],
        context=config.max_target_positions,
    )


def build_encoder(config: WhisperConfig) -> WhisperEncoder:
    """The encoder alone."""
    width, heads, hidden = config.d_model, config.encoder_attention_heads, config.encoder_ffn_dim
    return WhisperEncoder(
        mel_bins=config.num_mel_bins,
        width=width,
        positions=config.max_source_positions,
        blocks=[
            tower_block(width, heads, hidden, activation=config.activation_function, eps=EPS)
            for _ in range(config.encoder_layers)
        ],
    )
