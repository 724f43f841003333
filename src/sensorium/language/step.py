"""One more token each, by kernels: a decoder's whole step on a CPU without returning to Python.

For decoders of plain blocks, which is to say of all families whose layers are Llama's, Qwen's or Gemma's. What it does
not know (capped scores, other blocks, other types than bf16) goes the usual way, operation by operation. Hidden states
stay in fp32 here, and only what products take is rounded to bf16: closer to fp32 than the usual way is.
"""

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from sensorium.nn.activation import activation, soft_cap
from sensorium.nn.attention import Attention
from sensorium.nn.block import Block
from sensorium.nn.cache import KVCache
from sensorium.nn.kernels.ready import runner
from sensorium.nn.kernels.table import ONWARD, Heads, Pointed, Program, Table, Turning, Weight, bits_of, padded
from sensorium.nn.linear import whole
from sensorium.nn.mlp import GatedMlp
from sensorium.nn.norm import CentredRmsNorm, RmsNorm
from sensorium.nn.paged import PAGE, PagedBatch
from sensorium.nn.quantised import weight_of

if TYPE_CHECKING:
    from sensorium.language.decoder import Decoder

WORTH = 1 << 23
"""Weights that a decoder has at least: for smaller ones the kernels' second to load is not worth it."""


class QuickStep:
    """A decoder's step. It holds addresses: a decoder makes a new one whenever it takes a prompt."""

    def __init__(self, decoder: "Decoder", blocks: list["_Parts"], head: Weight) -> None:
        self._decoder = decoder
        self._blocks = blocks
        self._head = head
        self._made: _Made | None = None
        self._free = Lock()  # the memory between operations is for one caller at a time

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        """A copy of a decoder has weights elsewhere, and makes its own."""
        return type(None), ()

    def __call__(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor | None:
        """As `Decoder.step`; None for a cache or for padding that it cannot take. Returns: [B, V] fp32."""
        run, where = runner(), _pointed(cache)
        if run is None or where is None or not _on_the_left(present):
            return None
        padding = None if isinstance(cache, PagedBatch) else present  # blocks have none
        windows = self._decoder.windows
        starts = {window: _start(where.lengths, padding, window) for window in set(windows)}
        with self._free:
            if self._made is None or self._made.rows.shape[0] != len(ids):
                self._made = self._make(len(ids))
            self._fill(self._made, ids, positions)
            self._made.table.point(
                [x.keys for x in cache.layers],
                [x.values for x in cache.layers],
                where,
                [starts[each] for each in windows],
            )
            self._made.table.run(run)
            scores = self._made.scores[:, : self._head.rows].clone()
        for layer in cache.layers:
            layer.length += 1
        cap = self._decoder.logit_cap
        return scores if cap is None else soft_cap(scores, cap)

    def _fill(self, made: "_Made", ids: Tensor, positions: Tensor) -> None:
        """Put hidden states and rotations where the program looks for them."""
        made.rows.copy_(self._decoder.embedding(ids))
        for turn, rotary in zip(made.turns, self._decoder.rotaries, strict=True):
            if rotary is not None:
                for out, each in zip(turn, rotary(positions.unsqueeze(1)), strict=True):
                    out.copy_(each[:, 0])

    def _make(self, batch: int) -> "_Made":
        decoder, program = self._decoder, Program(batch)
        first = self._blocks[0]
        rows, mixed = torch.empty(batch, decoder.width), torch.empty(batch, padded(decoder.width))
        normed = program.memory(batch, decoder.width)
        queries = program.memory(batch, first.heads.heads, first.heads.width)
        seen = torch.empty(batch, first.heads.heads, first.heads.width, dtype=torch.bfloat16)
        half = first.heads.width // 2
        turns = [(torch.empty(batch, half), torch.empty(batch, half)) for _ in decoder.rotaries]
        for parts, turn in zip(self._blocks, decoder.rotary_of, strict=True):
            layer = parts.products
            qkv, wide = (torch.empty(batch, padded(each.rows)) for each in (layer.qkv, layer.gate_up))
            hidden = torch.empty(batch, layer.down.width, dtype=torch.bfloat16)
            turning = parts.turning(None if decoder.rotaries[turn] is None else turns[turn])
            program.norm(rows, *parts.norms[0], normed)
            program.product(normed, layer.qkv, qkv)
            program.turn(qkv, parts.heads, turning, queries)
            program.look(queries, parts.heads, parts.scale, seen)
            _add(program, seen, layer.out, parts.post_norms[0], to=rows, by_way_of=mixed)
            program.norm(rows, *parts.norms[1], normed)
            program.product(normed, layer.gate_up, wide, parts=2, how=ONWARD)
            program.gate(wide, hidden, gelu=parts.gelu)
            _add(program, hidden, layer.down, parts.post_norms[1], to=rows, by_way_of=mixed)
        norm = _norm(decoder.norm)
        scores = torch.empty(batch, padded(self._head.rows))
        if norm is not None:
            program.norm(rows, *norm, normed)
        program.product(normed, self._head, scores)
        return _Made(Table(program), rows, turns, scores)


def quick_step(decoder: "Decoder") -> QuickStep | None:
    """For decoders that are large enough and of parts that kernels know; None for others."""
    like = decoder.embedding.weight
    if like.device.type != "cpu" or like.dtype != torch.bfloat16 or sum(map(torch.numel, decoder.parameters())) < WORTH:
        return None
    blocks = [parts for block in decoder.blocks if (parts := _parts(block)) is not None]
    head = whole(like, None) if decoder.head is None else weight_of(decoder.head)
    if len(blocks) < len(decoder.blocks) or head is None or _norm(decoder.norm) is None or decoder.width % 32:
        return None
    return QuickStep(decoder, blocks, head)


Norm = tuple[Tensor, float]
"""Weight in fp32 and eps."""


@dataclass(frozen=True, eq=False)
class _Made:
    """A program and the memory between its operations: hidden states, rotations, scores."""

    table: Table
    rows: Tensor
    turns: list[tuple[Tensor, Tensor]]
    scores: Tensor


class Products(NamedTuple):
    """The four of a block."""

    qkv: Weight
    out: Weight
    gate_up: Weight
    down: Weight


@dataclass(frozen=True, eq=False)
class _Parts:
    """What kernels need of a block: norms are those of attention and of the feed-forward, or of queries and keys."""

    heads: Heads
    scale: float
    gelu: bool
    products: Products
    norms: tuple[Norm, Norm]
    post_norms: tuple[Norm | None, Norm | None]
    qk_norms: tuple[Norm | None, Norm | None]

    def turning(self, turn: tuple[Tensor, Tensor] | None) -> Turning:
        """How queries and keys are made; `turn`: cosine and sine, if they are turned."""
        (query, key), norms = self.qk_norms, None
        if query is not None and key is not None:
            norms = torch.tensor([query[0].data_ptr(), key[0].data_ptr(), bits_of(query[1])], dtype=torch.int64)
        cos, sin = turn or (None, None)
        return Turning(cos, sin, norms)


def _add(program: Program, x: Tensor, weight: Weight, norm: Norm | None, *, to: Tensor, by_way_of: Tensor) -> None:
    """Add a product to hidden states, normed if there is a norm."""
    program.product(x, weight, to if norm is None else by_way_of, add=norm is None)
    if norm is not None:
        program.norm(by_way_of, *norm, to)


def _parts(block: nn.Module) -> _Parts | None:
    """None for a block that kernels do not know."""
    if type(block) is not Block or type(block.attention) is not Attention or type(block.mlp) is not GatedMlp:
        return None
    attention, mlp = block.attention, block.mlp
    products = [weight_of(layer) for layer in (attention.qkv, attention.out, mlp.gate_up, mlp.down)]
    norms = [_norm(norm) for norm in (block.attention_norm, block.mlp_norm)]
    more = (block.attention_post_norm, block.mlp_post_norm, attention.q_norm, attention.k_norm)
    further = [None if type(norm) is nn.Identity else _norm(norm) for norm in more]
    missing = any(norm is None and type(module) is not nn.Identity for norm, module in zip(further, more, strict=True))
    gelu = getattr(mlp.activation, "keywords", None) == {"approximate": "tanh"}  # a copied model has a copy of it
    known = gelu or mlp.activation is activation("silu")
    width, scoring = attention.head_width, attention.scoring
    if missing or not known or scoring.cap is not None or width % 32 or None in norms:
        return None
    (qkv, out, gate_up, down), (attention_norm, mlp_norm) = products, norms
    if qkv is None or out is None or gate_up is None or down is None or attention_norm is None or mlp_norm is None:
        return None
    return _Parts(
        heads=Heads(attention.heads, attention.kv_heads, width),
        scale=width**-0.5 if scoring.scale is None else scoring.scale,
        gelu=gelu,
        products=Products(qkv, out, gate_up, down),
        norms=(attention_norm, mlp_norm),
        post_norms=(further[0], further[1]),
        qk_norms=(further[2], further[3]),
    )


def _norm(module: nn.Module) -> Norm | None:
    """None for a norm that kernels do not know."""
    if type(module) is RmsNorm:
        return module.weight.detach().float(), module.eps
    if type(module) is CentredRmsNorm:
        return module.weight.detach().float() + 1.0, module.eps
    return None


def _on_the_left(present: Tensor | None) -> bool:
    """Whether all padding is before the tokens. Inputs: present: [B, tokens so far]."""
    return present is None or bool((present[:, 1:] >= present[:, :-1]).all())


def _start(lengths: Tensor, present: Tensor | None, window: int | None) -> Tensor:
    """The first token that each sequence looks at: after the padding and within the window. Returns: [B] int32."""
    start = torch.zeros_like(lengths) if present is None else (~present).sum(dim=1, dtype=torch.int32)
    return start if window is None else torch.maximum(start, lengths - window)


def _pointed(cache: KVCache) -> Pointed | None:
    """Where a cache is once it has one more token: sequences side by side are pages as long as it. None for others."""
    if isinstance(cache, PagedBatch) and cache.capacity > cache.length:
        return Pointed(cache.tables, cache.lengths + 1, PAGE)
    if type(cache) is not KVCache or cache.length >= cache.capacity:
        return None
    batch = len(cache.layers[0].keys)
    tables = torch.arange(batch, dtype=torch.int32).unsqueeze(1)
    return Pointed(tables, torch.full((batch,), cache.length + 1, dtype=torch.int32), cache.capacity)
