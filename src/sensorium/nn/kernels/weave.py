"""Numbers of two registers among each other: sums of neighbours, rows side by side column by column."""

import importlib
from typing import Any

from sensorium.nn.kernels.lanes import LANES, address, floats, ints, operation, picked

_ir = importlib.import_module("llvmlite.ir")
_byte, _short, _int = (_ir.IntType(bits) for bits in (8, 16, 32))
_bytes, _shorts, _ints = (_ir.VectorType(kind, 64 // (kind.width // 8)) for kind in (_byte, _short, _int))


@operation(floats, floats, floats)
def fold(b: Any, x: Any, y: Any) -> Any:
    """Sums of neighbours: eight of x, then eight of y. Four rounds make of sixteen registers the total of each."""
    return b.fadd(*(picked(b, x, y, range(odd, 2 * LANES, 2)) for odd in (0, 1)))


@operation(ints, ints, ints)
def fold_ints(b: Any, x: Any, y: Any) -> Any:
    """The same of whole numbers."""
    return b.add(*(picked(b, x, y, range(odd, 2 * LANES, 2)) for odd in (0, 1)))


def _paired(b: Any, x: Any, y: Any, start: int) -> Any:
    lanes = [lane for at in range(start, start + LANES) for lane in (at, 2 * LANES + at)]
    return b.bitcast(picked(b, b.bitcast(x, _shorts), b.bitcast(y, _shorts), lanes), _ints)


@operation(ints, ints, ints)
def first_pairs(b: Any, x: Any, y: Any) -> Any:
    """Of two rows of 32 bf16 numbers: those of the first 16 columns, a column's two side by side."""
    return _paired(b, x, y, 0)


@operation(ints, ints, ints)
def last_pairs(b: Any, x: Any, y: Any) -> Any:
    """The same of the last 16 columns."""
    return _paired(b, x, y, LANES)


def _zipped(b: Any, x: Any, y: Any, kind: Any, half: int) -> Any:
    """Of each sixteen bytes the first or second eight, one of x, one of y, and so on: what processors do in one go."""
    each = kind.count // 4
    starts = [each * quarter + each // 2 * half for quarter in range(4)]
    lanes = [lane for start in starts for at in range(start, start + each // 2) for lane in (at, kind.count + at)]
    return b.bitcast(picked(b, b.bitcast(x, kind), b.bitcast(y, kind), lanes), _ints)


@operation(ints, ints, ints)
def low_bytes(b: Any, x: Any, y: Any) -> Any:
    """Bytes of two rows side by side: of each sixteen columns the first eight."""
    return _zipped(b, x, y, _bytes, 0)


@operation(ints, ints, ints)
def high_bytes(b: Any, x: Any, y: Any) -> Any:
    """The same of the second eight."""
    return _zipped(b, x, y, _bytes, 1)


@operation(ints, ints, ints)
def low_shorts(b: Any, x: Any, y: Any) -> Any:
    """As `low_bytes`, of two bytes each."""
    return _zipped(b, x, y, _shorts, 0)


@operation(ints, ints, ints)
def high_shorts(b: Any, x: Any, y: Any) -> Any:
    """As `high_bytes`, of two bytes each."""
    return _zipped(b, x, y, _shorts, 1)


def _quarters(b: Any, x: Any, y: Any, start: int) -> Any:
    return picked(
        b, x, y, [at + lane for at in (start, start + 4) for both in (0, LANES) for lane in range(both, both + 4)]
    )


@operation(floats, floats, floats)
def first_quarters(b: Any, x: Any, y: Any) -> Any:
    """Four of x, four of y, the next four of x, of y."""
    return _quarters(b, x, y, 0)


@operation(floats, floats, floats)
def last_quarters(b: Any, x: Any, y: Any) -> Any:
    """The same of the last eight of both."""
    return _quarters(b, x, y, 8)


@operation(ints, address)
def load_half(b: Any, where: Any) -> Any:
    """32 bytes, and zeros behind them."""
    kind = _ir.VectorType(_int, LANES // 2)
    value = b.load(b.inttoptr(where, kind.as_pointer()), align=1)
    return picked(b, value, _ir.Constant(kind, [0] * (LANES // 2)), range(LANES))


@operation(ints, ints)
def above_seven(b: Any, value: Any) -> Any:
    """A whole number without its last seven bits, of which it is so many times 128."""
    return b.ashr(value, _ir.Constant(_ints, [7] * LANES))


@operation(ints, ints)
def last_seven(b: Any, value: Any) -> Any:
    """Its last seven bits."""
    return b.and_(value, _ir.Constant(_ints, [127] * LANES))


@operation(ints, ints)
def times_128(b: Any, value: Any) -> Any:
    """128 times each."""
    return b.shl(value, _ir.Constant(_ints, [7] * LANES))
