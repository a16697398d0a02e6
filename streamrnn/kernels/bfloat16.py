"""Numbers of two bytes, two of which lie in each float32 of an array: bfloat16, the upper half of a
float32, which keeps its range and a hundredth of its precision.

    short_at(a, i)          the i-th of them
    put_short(a, i, x)      the way back, rounded
    load_short(a, i, n)     n of them from the i-th on, as a vector of float32; n is even
    store_short(a, i, v)    the way back, rounded
    place_of(lane, n)       of the n numbers loaded, which one a lane holds
    widened(shorts)         an array of them, uint16, as float32; not in compiled code

Lanes come in an order of their own: first every other number, from the first on, then those
between. To pull apart what lies together in 32 bits takes two instructions; to keep the order would
take three times as many. Two vectors of the same n go together all the same.

Outside compiled code the functions mean the same on numpy's arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import overload
from numpy.typing import NDArray

from streamrnn.kernels.vector import Vector, shuffled

_HALF_UNIT = 0x8000  # of what is left of a float32
_UPPER_HALF = 0xFFFF0000
_WORD = ir.IntType(32)


def widened(shorts: NDArray[np.uint16]) -> NDArray[np.float32]:
    return (shorts.astype(np.uint32) << 16).view(np.float32)


def _rounded(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    return (values.view(np.uint32) + np.uint32(_HALF_UNIT)) >> np.uint32(16)


def short_at(a: Any, i: int) -> Any:
    return widened(a.view(np.uint16)[i : i + 1])[0]


def put_short(a: Any, i: int, x: float) -> None:
    a.view(np.uint16)[i] = _rounded(np.array([x], np.float32))[0]


def load_short(a: Any, i: int, n: int) -> Any:
    values = widened(a.view(np.uint16)[i : i + n])
    return np.concatenate([values[0::2], values[1::2]])


def store_short(a: Any, i: int, v: Any) -> None:
    rounded, half = _rounded(v.astype(np.float32)), len(v) // 2
    shorts = a.view(np.uint16)[i : i + len(v)]
    shorts[0::2], shorts[1::2] = rounded[:half], rounded[half:]


def place_of(lane: Any, n: int) -> Any:
    half = n // 2
    return 2 * lane if lane < half else 2 * (lane - half) + 1


@overload(place_of, strict=False, inline="always")  # annotations differ
def _compiled_place_of(lane: Any, n: Any) -> Any:
    return place_of


@infer_global(short_at)
class _ShortAt(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        array = args[0]
        fits = isinstance(array, types.Array) and array.dtype == types.float32
        return signature(types.float32, array, types.intp) if fits else None


@infer_global(put_short)
class _PutShort(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        array = args[0]
        fits = isinstance(array, types.Array) and array.dtype == types.float32
        return signature(types.void, array, types.intp, types.float32) if fits else None


@lower_builtin(short_at, types.Array, types.intp)
def _emit_short_at(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    short = builder.load(_first(context, builder, sig, args), align=2)
    wide = builder.shl(builder.zext(short, _WORD), ir.Constant(_WORD, 16))
    return builder.bitcast(wide, ir.FloatType())


@lower_builtin(put_short, types.Array, types.intp, types.float32)
def _emit_put_short(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    rounded = builder.add(builder.bitcast(args[2], _WORD), ir.Constant(_WORD, _HALF_UNIT))
    short = builder.trunc(builder.lshr(rounded, ir.Constant(_WORD, 16)), ir.IntType(16))
    builder.store(short, _first(context, builder, sig, args), align=2)
    return context.get_dummy_value()


@infer_global(load_short)
class _LoadShort(AbstractTemplate):
    prefer_literal = True

    def generic(self, args: Any, kws: Any) -> Any:
        array, _, n = args
        is_even = isinstance(n, types.IntegerLiteral) and n.literal_value % 2 == 0
        if not is_even or array.dtype != types.float32:
            return None
        return signature(Vector(types.float32, n.literal_value), array, types.intp, n)


@infer_global(store_short)
class _StoreShort(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        array, _, v = args
        fits = isinstance(v, Vector) and v.dtype == array.dtype == types.float32
        return signature(types.void, array, types.intp, v) if fits and v.lanes % 2 == 0 else None


@lower_builtin(load_short, types.Array, types.intp, types.IntegerLiteral)
def _emit_load_short(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    lanes = sig.return_type.lanes
    half = lanes // 2
    pairs = builder.load(_pairs(context, builder, sig, args, half), align=2)
    first = builder.shl(pairs, _same(16, half))
    second = builder.and_(pairs, _same(_UPPER_HALF, half))
    both = ir.Constant(_words(lanes), list(range(lanes)))
    wide = builder.shuffle_vector(first, second, both)
    return builder.bitcast(wide, context.get_value_type(sig.return_type))


@lower_builtin(store_short, types.Array, types.intp, Vector)
def _emit_store_short(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    lanes = sig.args[2].lanes
    half = lanes // 2
    bits = builder.bitcast(args[2], _words(lanes))
    rounded = builder.add(bits, _same(_HALF_UNIT, lanes))
    first = shuffled(builder, rounded, list(range(half)))
    second = shuffled(builder, rounded, list(range(half, lanes)))
    lower = builder.lshr(first, _same(16, half))
    pairs = builder.or_(lower, builder.and_(second, _same(_UPPER_HALF, half)))
    builder.store(pairs, _pairs(context, builder, sig, args, half), align=2)
    return context.get_dummy_value()


def _first(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    """Pointer to the args[1]-th number in the array args[0]."""
    data = context.make_array(sig.args[0])(context, builder, args[0]).data
    return builder.gep(builder.bitcast(data, ir.IntType(16).as_pointer()), [args[1]])


def _pairs(context: Any, builder: Any, sig: Any, args: Any, count: int) -> Any:
    """The same, to so many pairs."""
    return builder.bitcast(_first(context, builder, sig, args), _words(count).as_pointer())


def _words(count: int) -> ir.VectorType:
    return ir.VectorType(_WORD, count)


def _same(value: int, count: int) -> ir.Constant:
    return ir.Constant(_words(count), [value] * count)
