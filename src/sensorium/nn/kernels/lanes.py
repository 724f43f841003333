"""Sixteen numbers at a time: the operations that kernels are made of, each a few instructions of the processor.

Numba has no type for a vector register; here are two, of sixteen floats and of sixteen integers. LLVM cuts them into
what a processor has (two halves with AVX2, four quarters with NEON). Memory is given by its address.
"""

import importlib
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

numba = importlib.import_module("numba")
extending = importlib.import_module("numba.extending")
_ir = importlib.import_module("llvmlite.ir")
_binding = importlib.import_module("llvmlite.binding")
_cgutils = importlib.import_module("numba.core.cgutils")

LANES = 16
STAMP = 1 + zlib.crc32(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))))
"""Of the kernels' sources: machine code that was made from others is not taken from disk."""

_FEATURES: dict[str, bool] = dict(_binding.get_host_cpu_features())
HAS_BF16, HAS_VNNI = _FEATURES.get("avx512bf16", False), _FEATURES.get("avx512vnni", False)

F = TypeVar("F", bound=Callable[..., Any])

_byte, _short, _int, _float = _ir.IntType(8), _ir.IntType(16), _ir.IntType(32), _ir.FloatType()
_floats, _ints = _ir.VectorType(_float, LANES), _ir.VectorType(_int, LANES)


class _BFloat(_ir.types.Type):  # type: ignore[misc, name-defined]  # llvmlite has no name for the type
    """LLVM's bfloat."""

    def _to_string(self) -> str:
        return "bfloat"


_pairs = _ir.VectorType(_BFloat(), 2 * LANES)


class _Floats(numba.types.Type):  # type: ignore[misc, name-defined]
    """Sixteen fp32 numbers."""

    def __init__(self) -> None:
        super().__init__("SixteenFloats")


class _Ints(numba.types.Type):  # type: ignore[misc, name-defined]
    """Sixteen 32-bit numbers."""

    def __init__(self) -> None:
        super().__init__("SixteenInts")


def _in_register(kind: Any, form: Any) -> None:
    class Model(extending.models.PrimitiveModel):  # type: ignore[misc, name-defined]
        def __init__(self, manager: Any, type_: Any) -> None:
            super().__init__(manager, type_, form)

    extending.register_model(kind)(Model)


_in_register(_Floats, _floats)
_in_register(_Ints, _ints)
floats, ints = _Floats(), _Ints()
address, scalar, integer, nothing = numba.types.int64, numba.types.float32, numba.types.int32, numba.types.void


def compiled(function: F) -> F:
    """For kernels to call: compiled into whatever calls it."""
    made: F = numba.njit(error_model="numpy", fastmath={"contract"})(function)
    return made


def operation(returns: Any, *takes: Any) -> Callable[[Callable[..., Any]], Any]:
    """Make an operation of a function that is given LLVM's builder and values, and gives a value."""

    def decorate(build: Callable[..., Any]) -> Any:
        signature = returns(*takes)

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            made = build(builder, *values)
            return context.get_dummy_value() if made is None else made

        typers: tuple[Callable[..., Any], ...] = (
            lambda context: (signature, generate),
            lambda context, a: (signature, generate),
            lambda context, a, b: (signature, generate),
            lambda context, a, b, c: (signature, generate),
        )
        typer = typers[len(takes)]
        typer.__name__ = build.__name__
        return extending.intrinsic(typer)

    return decorate


def _call(builder: Any, name: str, returns: Any, *values: Any) -> Any:
    kind = _ir.FunctionType(returns, [each.type for each in values])
    return builder.call(_cgutils.get_or_insert_function(builder.module, kind, name), values)


def _at(builder: Any, where: Any, kind: Any) -> Any:
    return builder.inttoptr(where, kind.as_pointer())


def _all(number: float, kind: Any = _ints) -> Any:
    return _ir.Constant(kind, [number] * LANES)


@operation(address, address)
def load_word(b: Any, where: Any) -> Any:
    """A 64-bit number."""
    return b.load(_at(b, where, _ir.IntType(64)))


@operation(integer, address)
def load_int(b: Any, where: Any) -> Any:
    """A 32-bit number."""
    return b.load(_at(b, where, _int))


@operation(scalar, address)
def load_float(b: Any, where: Any) -> Any:
    """An fp32 number."""
    return b.load(_at(b, where, _float))


@operation(nothing, address, address)
def store_word(b: Any, where: Any, value: Any) -> None:
    """Write a 64-bit number."""
    b.store(value, _at(b, where, _ir.IntType(64)))


@operation(nothing, address, integer)
def store_int(b: Any, where: Any, value: Any) -> None:
    """Write a 32-bit number."""
    b.store(value, _at(b, where, _int))


@operation(nothing, address, scalar)
def store_float(b: Any, where: Any, value: Any) -> None:
    """Write an fp32 number."""
    b.store(value, _at(b, where, _float))


@operation(nothing, address)
def ahead(b: Any, where: Any) -> None:
    """Begin to bring the 64 bytes there into the cache; what is no memory does no harm."""
    how = [_int(number) for number in (0, 3, 1)]  # to be read, to be kept, data
    _call(b, "llvm.prefetch.p0", _ir.VoidType(), _at(b, where, _byte), *how)


@operation(ints, address)
def load_ints(b: Any, where: Any) -> Any:
    """Sixteen 32-bit numbers, or 64 bytes."""
    return b.load(_at(b, where, _ints), align=1)


@operation(floats, address)
def load_floats(b: Any, where: Any) -> Any:
    """Sixteen fp32 numbers."""
    return b.load(_at(b, where, _floats), align=4)


@operation(floats, address)
def load_halves(b: Any, where: Any) -> Any:
    """Sixteen bf16 numbers as fp32."""
    halves = b.load(_at(b, where, _ir.VectorType(_short, LANES)), align=2)
    return b.bitcast(b.shl(b.zext(halves, _ints), _all(16)), _floats)


@operation(nothing, address, floats)
def store_floats(b: Any, where: Any, value: Any) -> None:
    """Write sixteen fp32 numbers."""
    b.store(value, _at(b, where, _floats), align=4)


@operation(nothing, address, floats)
def store_halves(b: Any, where: Any, value: Any) -> None:
    """As bf16, rounded to the nearest, ties to even."""
    bits = b.bitcast(value, _ints)
    odd = b.and_(b.lshr(bits, _all(16)), _all(1))
    rounded = b.lshr(b.add(b.add(bits, _all(0x7FFF)), odd), _all(16))
    b.store(b.trunc(rounded, _ir.VectorType(_short, LANES)), _at(b, where, _ir.VectorType(_short, LANES)), align=2)


@operation(nothing, address, ints)
def store_bytes(b: Any, where: Any, value: Any) -> None:
    """The low byte of each."""
    b.store(b.trunc(value, _ir.VectorType(_byte, LANES)), _at(b, where, _ir.VectorType(_byte, LANES)), align=1)


def _spread(b: Any, value: Any, kind: Any) -> Any:
    first = b.insert_element(_ir.Constant(kind, _ir.Undefined), value, _int(0))
    return b.shuffle_vector(first, _ir.Constant(kind, _ir.Undefined), _ir.Constant(_ints, [0] * LANES))


@operation(floats, scalar)
def spread(b: Any, value: Any) -> Any:
    """The same in all lanes."""
    return _spread(b, value, _floats)


@operation(ints, integer)
def spread_int(b: Any, value: Any) -> Any:
    """The same in all lanes."""
    return _spread(b, value, _ints)


@operation(floats, floats, floats, floats)
def fma(b: Any, x: Any, y: Any, z: Any) -> Any:
    """X y + z."""
    return _call(b, "llvm.fma.v16f32", _floats, x, y, z)


@operation(floats, floats, floats)
def times(b: Any, x: Any, y: Any) -> Any:
    """Products."""
    return b.fmul(x, y)


@operation(floats, floats, floats)
def plus(b: Any, x: Any, y: Any) -> Any:
    """Sums."""
    return b.fadd(x, y)


@operation(floats, floats)
def inverse_root(b: Any, value: Any) -> Any:
    """One over the square root."""
    return b.fdiv(_all(1.0, _floats), _call(b, "llvm.sqrt.v16f32", _floats, value))


@operation(ints, ints, ints)
def plus_ints(b: Any, x: Any, y: Any) -> Any:
    """Sums."""
    return b.add(x, y)


@operation(floats, floats, floats)
def over(b: Any, x: Any, y: Any) -> Any:
    """Quotients."""
    return b.fdiv(x, y)


@operation(floats, floats, floats)
def larger(b: Any, x: Any, y: Any) -> Any:
    """The larger, and no number where either is none."""
    return _call(b, "llvm.maximum.v16f32", _floats, x, y)


@operation(floats, floats, floats)
def smaller(b: Any, x: Any, y: Any) -> Any:
    """The smaller, and no number where either is none."""
    return _call(b, "llvm.minimum.v16f32", _floats, x, y)


@operation(floats, floats)
def magnitudes(b: Any, x: Any) -> Any:
    """Without their signs."""
    return _call(b, "llvm.fabs.v16f32", _floats, x)


def _halved(b: Any, value: Any, join: Callable[[Any, Any], Any]) -> Any:
    """Join the lanes pair by pair, in an order that no compiler changes."""
    width = LANES
    while width > 2:
        width //= 2
        value = join(*(picked(b, value, value, range(at, at + width)) for at in (0, width)))
    return join(b.extract_element(value, _int(0)), b.extract_element(value, _int(1)))


def picked(b: Any, x: Any, y: Any, lanes: Iterable[int]) -> Any:
    """Lanes of two registers: those of the second are counted on from the first's."""
    chosen = list(lanes)
    return b.shuffle_vector(x, y, _ir.Constant(_ir.VectorType(_int, len(chosen)), chosen))


def _suffix(value: Any) -> str:
    """What the name of LLVM's function for such values ends with."""
    return f"v{value.type.count}f32" if isinstance(value.type, _ir.VectorType) else "f32"


@operation(scalar, floats)
def total(b: Any, value: Any) -> Any:
    """The sum of all lanes."""
    return _halved(b, value, b.fadd)


@operation(scalar, floats)
def largest(b: Any, value: Any) -> Any:
    """The largest of all lanes; no number if any is none."""
    return _halved(b, value, lambda x, y: _call(b, f"llvm.maximum.{_suffix(x)}", x.type, x, y))


@operation(integer, ints)
def total_ints(b: Any, value: Any) -> Any:
    """The sum of all lanes."""
    return _halved(b, value, b.add)


@operation(ints, floats)
def nearest(b: Any, value: Any) -> Any:
    """Whole numbers, ties to even."""
    return b.fptosi(_call(b, "llvm.rint.v16f32", _floats, value), _ints)


@operation(floats, ints)
def to_floats(b: Any, value: Any) -> Any:
    """As fp32."""
    return b.sitofp(value, _floats)


@operation(floats, ints)
def power_of_two(b: Any, exponents: Any) -> Any:
    """2 to each, between -127 (taken for 0) and 128 (taken for infinity)."""
    return b.bitcast(b.shl(b.add(exponents, _all(127)), _all(23)), _floats)


@operation(ints, ints)
def low_nibbles(b: Any, value: Any) -> Any:
    """The low half of each byte."""
    return b.and_(value, _all(0x0F0F0F0F))


@operation(ints, ints)
def high_nibbles(b: Any, value: Any) -> Any:
    """The high half of each byte."""
    return b.and_(b.lshr(value, _all(4)), _all(0x0F0F0F0F))


@operation(floats, floats, ints, ints)
def dot_halves(b: Any, sums: Any, x: Any, y: Any) -> Any:
    """Products of pairs of bf16 numbers, both added to the lane's sum."""
    if HAS_BF16:
        name = "llvm.x86.avx512bf16.dpbf16ps.512"
        return _call(b, name, _floats, sums, b.bitcast(x, _pairs), b.bitcast(y, _pairs))
    shifted = [b.bitcast(b.shl(each, _all(16)), _floats) for each in (x, y)]
    cut = [b.bitcast(b.and_(each, _all(-65536)), _floats) for each in (x, y)]
    sums = _call(b, "llvm.fma.v16f32", _floats, *shifted, sums)
    return _call(b, "llvm.fma.v16f32", _floats, *cut, sums)


@operation(ints, ints, ints, ints)
def dot_bytes(b: Any, sums: Any, unsigned: Any, signed: Any) -> Any:
    """Products of four bytes, 0 to 255 and -128 to 127, all added to the lane's sum."""
    if HAS_VNNI:
        return _call(b, "llvm.x86.avx512.vpdpbusd.512", _ints, sums, unsigned, signed)
    for shift in (24, 16, 8, 0):
        left = b.and_(b.lshr(unsigned, _all(24 - shift)), _all(255))
        right = b.ashr(b.shl(signed, _all(shift)), _all(24))
        sums = b.add(sums, b.mul(left, right))
    return sums


@compiled
def field(operation: int, index: int) -> int:
    """One of the numbers that an operation of a program is made of (program.py)."""
    return load_word(operation + 8 * index)


@compiled
def exp(x: Any) -> Any:
    """E to each, to 2e-7 of it; below -87 as there."""
    x = smaller(larger(x, spread(-87.0)), spread(88.0))  # a number that is none stays none
    whole = nearest(times(x, spread(1.4426950408889634)))
    part = fma(to_floats(whole), spread(-0.693359375), x)
    part = fma(to_floats(whole), spread(2.12194440e-4), part)
    value = spread(1.9875691500e-4)
    for each in (1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1):
        value = fma(value, part, spread(each))
    value = plus(fma(times(part, part), value, part), spread(1.0))
    return times(value, power_of_two(whole))
