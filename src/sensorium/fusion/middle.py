"""Middle fusion: gated cross-attention behind some blocks of a decoder, which itself stays as it was.

    block ── block ── cross ── block ── block ── cross ── …        Flamingo (Alayrac et al. 2022)
                        │                          │
    rows of media ──────┴──────────────────────────┘

The gates begin shut, so a decoder that has learnt to speak speaks as before until it has learnt to look. How ours
differs from Flamingo: the feed-forward behind the cross-attention is gated in itself (SwiGLU), queries and keys are
normed, and a text sees the rows of all items that directly follow each other, not of the last one alone (cross.py).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from sensorium.fusion.cross import GatedCrossBlock
from sensorium.nn.attention import CrossAttention
from sensorium.nn.mlp import GatedMlp
from sensorium.nn.norm import RmsNorm

Look = tuple[Tensor, Tensor]
"""Keys and values [B, K, S, E] of the rows that one block looks at."""


class MiddleFusion(nn.Module):
    """Cross-attention blocks of a decoder, and what they are to look at."""

    def __init__(self, *, blocks: Mapping[int, GatedCrossBlock]) -> None:
        """Build. Args: blocks: by the number of the decoder's block that each stands behind."""
        super().__init__()
        self.after = tuple(blocks)
        self.blocks = nn.ModuleList(blocks.values())

    def look(self, rows: Tensor) -> tuple[Look, ...]:
        """Keys and values of rows for every block, made once for a whole answer. Inputs: rows: [B, S, D source]."""
        return tuple(block.attention.look(rows) for block in self._gated)

    def works(
        self, looks: Sequence[Look], *, sees: Tensor | None = None, added: list[Tensor] | None = None
    ) -> dict[int, Callable[[Tensor], Tensor]]:
        """What a decoder is to do behind which of its blocks (`after` of language/decoder.py).

        Inputs:
            looks: as `look` gives.
            sees: [B, T, S], True where a token sees a row; None for everywhere.
            added: takes, from every block, how much it added to each token, [B, T]; for whoever wants to know how much
                these rows counted.
        """

        def work(block: nn.Module, look: Look) -> Callable[[Tensor], Tensor]:
            def run(x: Tensor) -> Tensor:
                made: Tensor = block(x, *look, sees=sees)
                if added is not None:
                    added.append((made - x).norm(dim=-1))
                return made

            return run

        return {number: work(block, look) for number, block, look in zip(self.after, self.blocks, looks, strict=True)}

    @torch.no_grad()
    def openness(self) -> dict[int, tuple[float, float]]:
        """How far the gates of each block are open, -1 to 1, 0 for shut: of what it sees, and of what follows."""
        gates = ((block.attention_gate.weight, block.mlp_gate.weight) for block in self._gated)
        return {
            number: (float(seen.tanh()), float(thought.tanh()))
            for number, (seen, thought) in zip(self.after, gates, strict=True)
        }

    @property
    def _gated(self) -> Iterable[GatedCrossBlock]:
        return cast("Iterable[GatedCrossBlock]", self.blocks)


def build_middle(*, width: int, source_width: int, heads: int, hidden: int, after: Sequence[int]) -> MiddleFusion:
    """Fresh cross-attention for a decoder.

    Args:
        width: D of the decoder.
        source_width: D of the rows.
        heads: a divisor of the width.
        hidden: of the feed-forwards.
        after: numbers of the decoder's blocks that one is to stand behind.
    """
    return MiddleFusion(
        blocks={
            number: GatedCrossBlock(
                attention=CrossAttention(width=width, source_width=source_width, heads=heads, qk_norm=RmsNorm),
                mlp=GatedMlp(width, hidden),
                attention_norm=RmsNorm(width),
                mlp_norm=RmsNorm(width),
            )
            for number in after
        }
    )
