"""Numbers of two bytes, two of which lie in each float32 of an array: bfloat16, the upper half of a
float32, which keeps its range and a hundredth of its precision.

    load_short(a, i, n)     n of them from the i-th on, as a vector of float32; n is 1 or even
    store_short(a, i, v)    the way back, rounded
    place_of(lane, n)       of the n numbers loaded, which one a lane holds

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

from streamrnn.kernels.vector import Vector, shuffled

_HALF_UNIT = 0x8000  # of what is left of a float32
_UPPER_HALF = 0xFFFF0000


def load_short(a: Any, i: int, n: int) -> Any:
    shorts = a.view(np.uint16)[i : i + n].astype(np.uint32) << 16
    return np.concatenate([shorts[0::2], shorts[1::2]]).view(np.float32)


def store_short(a: Any, i: int, v: Any) -> None:
    rounded = (v.astype(np.float32).view(np.uint32) + np.uint32(_HALF_UNIT)) >> 16
    first = (len(v) + 1) // 2
    shorts = a.view(np.uint16)[i : i + len(v)]
    shorts[0::2], shorts[1::2] = rounded[:first], rounded[first:]


def place_of(lane: Any, n: int) -> Any:
    half = n // 2
    return 2 * lane if lane < half else 2 * (lane - half) + 1


@overload(place_of, strict=False, inline="always")  # annotations differ
def _compiled_place_of(lane: Any, n: Any) -> Any:
    return place_of


@infer_global(load_short)
class _LoadShort(AbstractTemplate):
    prefer_literal = True

    def generic(self, args: Any, kws: Any) -> Any:
        array, _, n = args
        if not isinstance(n, types.IntegerLiteral) or array.dtype != types.float32:
            return None
        return signature(Vector(types.float32, n.literal_value), array, types.intp, n)


@infer_global(store_short)
class _StoreShort(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        array, _, v = args
        fits = isinstance(v, Vector) and v.dtype == array.dtype == types.float32
        return signature(types.void, array, types.intp, v) if fits else None


@lower_builtin(load_short, types.Array, types.intp, types.IntegerLiteral)
def _emit_load_short(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    lanes = sig.return_type.lanes
    if lanes == 1:
        short = builder.load(_pointer(context, builder, sig, args, 16, 1), align=2)
        wide = builder.shl(builder.zext(short, _integers(32, 1)), _same(16, 1))
    else:
        half = lanes // 2
        pairs = builder.load(_pointer(context, builder, sig, args, 32, half), align=2)
        first = builder.shl(pairs, _same(16, half))
        second = builder.and_(pairs, _same(_UPPER_HALF, half))
        both = ir.Constant(_integers(32, lanes), list(range(lanes)))
        wide = builder.shuffle_vector(first, second, both)
    return builder.bitcast(wide, context.get_value_type(sig.return_type))


@lower_builtin(store_short, types.Array, types.intp, Vector)
def _emit_store_short(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    lanes = sig.args[2].lanes
    bits = builder.bitcast(args[2], _integers(32, lanes))
    rounded = builder.add(bits, _same(_HALF_UNIT, lanes))
    if lanes == 1:
        short = builder.trunc(builder.lshr(rounded, _same(16, 1)), _integers(16, 1))
        builder.store(short, _pointer(context, builder, sig, args, 16, 1), align=2)
    else:
        half = lanes // 2
        first = shuffled(builder, rounded, list(range(half)))
        second = shuffled(builder, rounded, list(range(half, lanes)))
        lower = builder.lshr(first, _same(16, half))
        pairs = builder.or_(lower, builder.and_(second, _same(_UPPER_HALF, half)))
        builder.store(pairs, _pointer(context, builder, sig, args, 32, half), align=2)
    return context.get_dummy_value()


def _pointer(context: Any, builder: Any, sig: Any, args: Any, bits: int, lanes: int) -> Any:
    """To the args[1]-th number in the array args[0]."""
    data = context.make_array(sig.args[0])(context, builder, args[0]).data
    shorts = builder.bitcast(data, ir.IntType(16).as_pointer())
    return builder.bitcast(builder.gep(shorts, [args[1]]), _integers(bits, lanes).as_pointer())


def _integers(bits: int, lanes: int) -> ir.VectorType:
    return ir.VectorType(ir.IntType(bits), lanes)


def _same(value: int, lanes: int) -> ir.Constant:
    return ir.Constant(_integers(32, lanes), [value] * lanes)
