"""Middle fusion: text looks at feature rows, in layers that stand between the blocks of a decoder.

    rows ── attention.look ── keys, values: made once, kept as `Shown`
                                  │
    x ── norm ── attention ── gate ── + ── norm ── feed-forward ── gate ── + ── x

Gated cross-attention of Flamingo (Alayrac et al. 2022), as Llama 3.2 Vision has it. Rows take no places among the
tokens; a token stands for each item, and what follows it sees the item's rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils.rnn import pad_sequence

from sensorium.core.errors import SpanMismatch
from sensorium.nn.attention import CrossAttention
from sensorium.nn.cache import KVCache, LayerCache
from sensorium.nn.gate import TanhGate

NEVER = 1 << 62
"""The place of rows that are padding: no token comes after it. PyTorch pads with numbers that a float can be."""


class GatedCrossBlock(nn.Module):
    """x + gate(attention(norm(x), rows)), then x + gate(mlp(norm(x))); new gates are shut."""

    def __init__(
        self, *, attention: CrossAttention, mlp: nn.Module, attention_norm: nn.Module, mlp_norm: nn.Module
    ) -> None:
        """Build from ready parts. Keys and values are made by `attention.look`."""
        super().__init__()
        self.attention_norm = attention_norm
        self.attention = attention
        self.attention_gate = TanhGate()
        self.mlp_norm = mlp_norm
        self.mlp = mlp
        self.mlp_gate = TanhGate()

    def forward(self, x: Tensor, key: Tensor, value: Tensor, *, sees: Tensor | None = None) -> Tensor:
        """Mix in what is looked at.

        Inputs:
            x: [B, T, D].
            key, value: [B, K, S, E].
            sees: [B, T, S], True where a token sees a row; None for everywhere. A token that sees none is left as it
                was.

        Returns: [B, T, D].
        """
        if sees is None:
            return self._mixed(x, key, value, None)
        blind = ~sees.any(dim=-1, keepdim=True)  # [B, T, 1]
        mask = (sees | blind).unsqueeze(1)  # no softmax is empty
        return torch.where(blind, x, self._mixed(x, key, value, mask))

    def _mixed(self, x: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        x = x + self.attention_gate(self.attention(self.attention_norm(x), key, value, mask=mask))
        return x + self.mlp_gate(self.mlp(self.mlp_norm(x)))


@dataclass(frozen=True, eq=False)
class Shown:
    """What a batch of texts has been shown so far.

    marks: [B, tokens], True at tokens that stand for an item; may end before the text does.
    places: [B, S], the token that stands for a row's item; `NEVER` at padding.
    layers: keys and values [B, K, S, E] of every `GatedCrossBlock`; none while nothing has been shown.
    """

    marks: Tensor
    places: Tensor
    layers: tuple[tuple[Tensor, Tensor], ...] = ()

    @classmethod
    def nothing(cls, batch: int, device: torch.device) -> "Shown":
        """The beginning of `batch` texts."""
        marks = torch.zeros(batch, 0, dtype=torch.bool, device=device)
        return cls(marks, torch.zeros(batch, 0, dtype=torch.int64, device=device))

    def marked(self, marks: Tensor, before: int) -> "Shown":
        """The same with further tokens. Inputs: marks: [B, T], of the tokens behind the first `before`."""
        known = F.pad(self.marks, (0, before - self.marks.shape[1]), value=False)
        return Shown(torch.cat((known, marks), dim=1), self.places, self.layers)

    def extended(self, places: Tensor, layers: tuple[tuple[Tensor, Tensor], ...]) -> "Shown":
        """The same with further rows. Inputs: places: [B, S]; layers: keys and values [B, K, S, E] of every block."""
        both = zip(self.layers, layers, strict=True) if self.layers else ()
        joined = tuple((torch.cat((k, more_k), 2), torch.cat((v, more_v), 2)) for (k, v), (more_k, more_v) in both)
        return Shown(self.marks, torch.cat((self.places, places), dim=1), joined or layers)

    def cut(self, tokens: int) -> "Shown":
        """What the first `tokens` tokens were shown."""
        places = self.places.where(self.places < tokens, NEVER)
        kept = (places < NEVER).any(dim=0).nonzero()
        end = int(kept[-1]) + 1 if len(kept) else 0
        layers = tuple((key[:, :, :end], value[:, :, :end]) for key, value in self.layers) if end else ()
        return Shown(self.marks[:, :tokens], places[:, :end], layers)

    def sees(self, tokens: int) -> Tensor:
        """Which rows the last `tokens` of `marks` see: those of the items before them, back to the last other text.

        Items that directly follow each other are seen together; before the first one nothing is. Tokens that come
        after `marks` see what its last one does.

        Returns: [B, tokens, S] bool.
        """
        starts = self.marks & ~F.pad(self.marks, (1, 0), value=False)[:, :-1]
        runs = starts.cumsum(dim=1)  # [B, all tokens]: the number of the run of items that a token follows
        last = runs.shape[1] - 1
        shown_in = runs.gather(1, self.places.clamp(max=last))  # [B, S]
        asking = torch.arange(last + 1 - tokens, last + 1, device=runs.device)
        same = runs[:, asking].unsqueeze(2) == shown_in.unsqueeze(1)
        return same & (self.places.unsqueeze(1) <= asking[:, None])


def side_by_side(
    rows: Sequence[Tensor], samples: Sequence[int], marks: Tensor, *, what: str, before: int = 0
) -> tuple[Tensor, Tensor]:
    """Rows of all items of each text, padded.

    Inputs:
        rows: of every item, [S, D].
        samples: the text of every item.
        marks: [B, T], True at the one token that stands for each item, behind the first `before`.
        what: the items are.

    Returns: [B, S], the token of each row's item, `NEVER` at padding; [B, S, D].

    Raises: SpanMismatch when there are more or fewer tokens than items.
    """
    at = marks.nonzero().tolist()  # (text, token) of every item, in the order of the batch
    if [text for text, _ in at] != list(samples):
        raise SpanMismatch(
            f"{what}: tokens stand for items of texts {[text for text, _ in at]}, but there are items of texts "
            f"{list(samples)}. Build ids and features from the same ModelInputs (inputs/)."
        )
    gathered: list[list[Tensor]] = [[rows[0][:0]] for _ in marks]
    places: list[list[Tensor]] = [[marks.new_empty(0, dtype=torch.int64)] for _ in marks]
    for (text, token), item in zip(at, rows, strict=True):
        gathered[text].append(item)
        places[text].append(places[text][0].new_full((len(item),), before + token))
    return (
        pad_sequence([torch.cat(each) for each in places], batch_first=True, padding_value=NEVER),
        pad_sequence([torch.cat(each) for each in gathered], batch_first=True),
    )


class CrossCache(KVCache):
    """`KVCache` of the text itself and, beside it, what the text was shown."""

    def __init__(self, layers: list[LayerCache], shown: Shown | None = None) -> None:
        """Build. Args: layers: of the text; shown: None for nothing yet."""
        super().__init__(layers)
        keys = layers[0].keys
        self.shown = Shown.nothing(len(keys), keys.device) if shown is None else shown

    def truncate(self, length: int) -> None:
        """Forget everything after the first `length` tokens, and what only they were shown."""
        super().truncate(length)
        self.shown = self.shown.cut(length)

    def grown(self, capacity: int) -> "CrossCache":
        """A cache with room for `capacity` tokens that remembers what this one does."""
        return CrossCache(super().grown(capacity).layers, self.shown)
