"""What a kernel may say about memory, to Numba and to the processor. No result depends on it.

    borrowed(a)      the array without its count of references
    prefetch(a, i)   the cache line with a[i] will be wanted soon

Outside compiled code neither does anything.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature


def borrowed(a: Any) -> Any:
    """The array, of which views are free: Numba counts who holds an array's memory, also for every
    view that a kernel takes of it, and two atomic instructions each made up a tenth of a reading.

    The caller keeps it alive: what is borrowed, or a view of it, must not be returned to Python.
    """
    return a


def prefetch(a: Any, i: int) -> None:
    """Begins to fetch the cache line with a[i], in order to write to it, and does not wait.

    a: contiguous, one-dimensional.
    """


@infer_global(borrowed)
class _Borrowed(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(args[0], args[0]) if isinstance(args[0], types.Array) else None


@lower_builtin(borrowed, types.Array)
def _emit_borrowed(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    array = context.make_array(sig.return_type)(context, builder, args[0])
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    array.parent = cgutils.get_null_value(array.parent.type)
    return array._getvalue()


@infer_global(prefetch)
class _Prefetch(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(types.void, args[0], types.intp)


@lower_builtin(prefetch, types.Array, types.intp)
def _emit_prefetch(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    data = context.make_array(sig.args[0])(context, builder, args[0]).data
    pointer = builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(8).as_pointer())
    i32 = ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [pointer.type, i32, i32, i32])
    function = builder.module.declare_intrinsic("llvm.prefetch", [pointer.type], kind)
    to_write, keep, data_cache = i32(1), i32(3), i32(1)
    builder.call(function, [pointer, to_write, keep, data_cache])
    return context.get_dummy_value()
