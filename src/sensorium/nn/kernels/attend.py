"""Attention of one token each over pages of keys and values, for callers outside of a program."""

import torch
from torch import Tensor

from sensorium.nn.coded import numbers
from sensorium.nn.kernels.ready import runner, wanted
from sensorium.nn.kernels.table import Heads, Pointed, Program, Table


def attend_paged(queries: Tensor, keys: Tensor, values: Tensor, tables: Tensor, lengths: Tensor) -> Tensor:
    """softmax(query key / sqrt(E)) value, each sequence over its own tokens.

    Inputs:
        queries: [B, H, E].
        keys, values: [blocks, K, page, E], or in eight bits (nn/coded.py).
        tables: [B, most pages] int32, the blocks of each sequence in their order; what is behind its last is not read.
        lengths: [B] int32, tokens of each, at least 1.

    Returns: [B, H, E], in the type of the queries.
    """
    (batch, heads, width), (kv_heads, page) = queries.shape, keys.shape[1:3]
    known = keys.dtype in (torch.bfloat16, torch.uint8) and width % 32 == 0
    run = runner() if known and wanted(queries, keys, values) else None
    if run is None or not (keys.is_contiguous() and values.is_contiguous()):
        return _plain(queries, keys, values, tables, lengths)
    out = torch.empty(batch, heads, width, dtype=torch.bfloat16)
    program = Program(batch)
    program.look(queries.bfloat16().contiguous(), Heads(heads, kv_heads, width), width**-0.5, out)
    table = Table(program)
    where = Pointed(tables.int().contiguous(), lengths.int().contiguous(), page)
    table.point([keys], [values], where, [torch.zeros(batch, dtype=torch.int32)])
    table.run(run)
    return out.to(queries.dtype)


def _plain(queries: Tensor, keys: Tensor, values: Tensor, tables: Tensor, lengths: Tensor) -> Tensor:
    """The same, a sequence at a time."""
    rows, keys, values = [], numbers(keys, queries.dtype), numbers(values, queries.dtype)
    for query, table, length in zip(queries, tables.long(), lengths.tolist(), strict=True):
        used = table[: -(-length // keys.shape[2])]
        key, value = (each[used].transpose(0, 1).flatten(1, 2)[:, :length] for each in (keys, values))  # [K, S, E]
        grouped = query.unflatten(0, (key.shape[0], -1))  # [K, H/K, E]
        scores = (grouped @ key.transpose(1, 2)).float() * query.shape[-1] ** -0.5
        rows.append((scores.softmax(dim=-1).to(value.dtype) @ value).flatten(0, 1))
    return torch.stack(rows)
