"""A fixed-width vector of floats as a Numba value: what makes the kernels as fast as C.

    load(a, i, n)      a[i : i + n] as one value: LLVM's `<n x float>`; n must be a constant
    store(a, i, v)     the way back
    total(v)           the sum of the lanes, added as a balanced tree
    lower, upper       lane-wise min(v, x), max(v, x)
    positive(v)        1 where v > 0, else 0
    chosen(a, b, v, w) v where a < b, else w
    sqrt(v)
    tanh(v)            see below
    + - * /            lane-wise; a scalar operand is used for every lane

`a` is a contiguous one-dimensional float array. Outside compiled code every function works on
slices, so that kernel source also runs, slowly, as plain Python (`NUMBA_DISABLE_JIT=1`).

A loop over a constant H would be unrolled by LLVM before it is vectorised, and end up 2.5 to 8
times slower; with the vector as a value there is nothing left to discover.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import register_model

# 13/6 rational minimax approximation of tanh on [-CLAMP, CLAMP], relative to which float32 tanh is
# flat outside: odd numerator, even denominator, lowest power first.
_TANH_CLAMP = 7.90531110763549805
_TANH_NUMERATOR = (
    4.89352455891786e-03,
    6.37261928875436e-04,
    1.48572235717979e-05,
    5.12229709037114e-08,
    -8.60467152213735e-11,
    2.00018790482477e-13,
    -2.76076847742355e-16,
)
_TANH_DENOMINATOR = (
    4.89352518554385e-03,
    2.26843463243900e-03,
    1.18534705686654e-04,
    1.19825839466702e-06,
)


def load(a: Any, i: int, n: int) -> Any:
    return a[i : i + n].copy()


def store(a: Any, i: int, v: Any) -> None:
    a[i : i + len(v)] = v


def total(v: Any) -> Any:
    while len(v) > 1:
        half = len(v) // 2
        v = v[:half] + v[half:]
    return v[0]


def lower(v: Any, x: Any) -> Any:
    return np.minimum(v, x)


def upper(v: Any, x: Any) -> Any:
    return np.maximum(v, x)


def positive(v: Any) -> Any:
    return (v > 0).astype(v.dtype)


def chosen(a: Any, b: Any, v: Any, w: Any) -> Any:
    return np.where(a < b, v, w)


def sqrt(v: Any) -> Any:
    return np.sqrt(v)


def tanh(v: Any) -> Any:
    """float32: within 3e-7 of tanh, in a handful of multiplications. float64: exact."""
    return _tanh32(v) if v.dtype == np.float32 else np.tanh(v)


def _tanh32(v: Any) -> Any:
    x = lower(upper(v, np.float32(-_TANH_CLAMP)), np.float32(_TANH_CLAMP))
    y = x * x
    p = y * np.float32(_TANH_NUMERATOR[6]) + np.float32(_TANH_NUMERATOR[5])
    p = p * y + np.float32(_TANH_NUMERATOR[4])
    p = p * y + np.float32(_TANH_NUMERATOR[3])
    p = p * y + np.float32(_TANH_NUMERATOR[2])
    p = p * y + np.float32(_TANH_NUMERATOR[1])
    p = p * y + np.float32(_TANH_NUMERATOR[0])
    q = y * np.float32(_TANH_DENOMINATOR[3]) + np.float32(_TANH_DENOMINATOR[2])
    q = q * y + np.float32(_TANH_DENOMINATOR[1])
    q = q * y + np.float32(_TANH_DENOMINATOR[0])
    return x * p / q


# --- the type ---------------------------------------------------------------------------------


class Vector(types.Type):
    """Numba's type of such a value."""

    def __init__(self, dtype: types.Float, lanes: int) -> None:
        self.dtype, self.lanes = dtype, lanes
        super().__init__(name=f"Vector({dtype}, {lanes})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, vector: Vector) -> None:
        lane = ir.FloatType() if vector.dtype == types.float32 else ir.DoubleType()
        super().__init__(manager, vector, ir.VectorType(lane, vector.lanes))


def _lane_constant(lane: int) -> ir.Constant:
    return ir.Constant(ir.IntType(32), lane)


def shuffled(builder: Any, value: Any, lanes: list[int]) -> Any:
    undefined = ir.Constant(value.type, ir.Undefined)
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
    return builder.shuffle_vector(value, undefined, mask)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any, to: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), to.as_pointer())


# --- load, store, total, tanh -----------------------------------------------------------------


@infer_global(load)
class _Load(AbstractTemplate):
    prefer_literal = True

    def generic(self, args: Any, kws: Any) -> Any:
        array, _, n = args
        if not isinstance(n, types.IntegerLiteral):
            return None
        return signature(Vector(array.dtype, n.literal_value), array, types.intp, n)


@lower_builtin(load, types.Array, types.intp, types.IntegerLiteral)
def _emit_load(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    array_type = sig.args[0]
    to = context.get_value_type(sig.return_type)
    pointer = _pointer(context, builder, array_type, args[0], args[1], to)
    return builder.load(pointer, align=array_type.dtype.bitwidth // 8)


@infer_global(store)
class _Store(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        array, _, v = args
        return signature(types.void, array, types.intp, v) if isinstance(v, Vector) else None


@lower_builtin(store, types.Array, types.intp, Vector)
def _emit_store(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    array_type = sig.args[0]
    pointer = _pointer(context, builder, array_type, args[0], args[1], args[2].type)
    builder.store(args[2], pointer, align=array_type.dtype.bitwidth // 8)
    return context.get_dummy_value()


@infer_global(total)
class _Total(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(args[0].dtype, args[0]) if isinstance(args[0], Vector) else None


@lower_builtin(total, Vector)
def _emit_total(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    value, half = args[0], sig.args[0].lanes // 2
    while half:
        low = shuffled(builder, value, list(range(half)))
        high = shuffled(builder, value, list(range(half, 2 * half)))
        value = builder.fadd(low, high)
        half //= 2
    return builder.extract_element(value, _lane_constant(0))


@infer_global(chosen)
class _Chosen(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        alike = isinstance(args[0], Vector) and len({*args}) == 1
        return signature(args[0], *args) if alike else None


@lower_builtin(chosen, Vector, Vector, Vector, Vector)
def _emit_chosen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    a, b, v, w = args
    return builder.select(builder.fcmp_ordered("<", a, b), v, w)


@infer_global(positive)
@infer_global(sqrt)
@infer_global(tanh)
class _Lanewise1(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(args[0], args[0]) if isinstance(args[0], Vector) else None


@lower_builtin(positive, Vector)
def _emit_positive(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    zero = ir.Constant(args[0].type, [0.0] * sig.return_type.lanes)
    return builder.uitofp(builder.fcmp_ordered(">", args[0], zero), args[0].type)


@lower_builtin(sqrt, Vector)
def _emit_sqrt(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    vector = sig.return_type
    name = f"llvm.sqrt.v{vector.lanes}f{vector.dtype.bitwidth}"
    kind = ir.FunctionType(args[0].type, [args[0].type])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)


@lower_builtin(tanh, Vector)
def _emit_tanh(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    if sig.return_type.dtype == types.float32:
        return context.compile_internal(builder, _tanh32, sig, args)
    tanh_of_libm = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(ir.DoubleType(), [ir.DoubleType()]), "tanh"
    )
    value = args[0]
    for lane in map(_lane_constant, range(sig.return_type.lanes)):
        y = builder.call(tanh_of_libm, [builder.extract_element(value, lane)])
        value = builder.insert_element(value, y, lane)
    return value


# --- lane-wise operators ----------------------------------------------------------------------


class _Lanewise(AbstractTemplate):
    """vector op vector, vector op scalar, scalar op vector -> vector."""

    def generic(self, args: Any, kws: Any) -> Any:
        a, b = args
        if isinstance(a, Vector) and (a == b or isinstance(b, types.Number)):
            return signature(a, a, a if a == b else a.dtype)
        if isinstance(b, Vector) and isinstance(a, types.Number):
            return signature(b, b.dtype, b)
        return None


def _widened(builder: Any, value: Any, to: ir.VectorType) -> Any:
    if isinstance(value.type, ir.VectorType):
        return value
    first = builder.insert_element(ir.Constant(to, ir.Undefined), value, _lane_constant(0))
    return shuffled(builder, first, [0] * to.count)


def _define(function: Any, emit: Any) -> None:
    infer_global(function)(type(f"_{function.__name__}", (_Lanewise,), {}))

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        to = context.get_value_type(sig.return_type)
        return emit(builder, *(_widened(builder, value, to) for value in args))

    for operands in ((Vector, Vector), (Vector, types.Float), (types.Float, Vector)):
        lower_builtin(function, *operands)(generate)


def _select(comparison: str) -> Any:
    def emit(builder: Any, a: Any, b: Any) -> Any:
        return builder.select(builder.fcmp_ordered(comparison, a, b), a, b)

    return emit


_define(operator.add, lambda builder, a, b: builder.fadd(a, b))
_define(operator.sub, lambda builder, a, b: builder.fsub(a, b))
_define(operator.mul, lambda builder, a, b: builder.fmul(a, b))
_define(operator.truediv, lambda builder, a, b: builder.fdiv(a, b))
_define(lower, _select("<"))
_define(upper, _select(">"))
