"""Compiled functions and arrays by their addresses: for calls from Python that must cost little.

Into compiled code, Python pays 30 ns for every array that it hands over; an address is a number and
costs next to nothing. So a kernel called for one reading at a time takes one address, of an array
of more of them:

    native_address(function, *arguments)   of a kernel, as compiled for arguments of these types
    array_at(address, shape, dtype)        the array of which `address_of` is this
    call_at(address, *arguments)           calls the kernel there

Nothing checks an address. Whoever makes one keeps alive what it is of, and hands to `call_at`
arguments of the very types that the kernel was compiled for.

Outside compiled code all of it means the same: there the address of a kernel is Python's `id`.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numba
from numba.core import cgutils, types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numpy.typing import NDArray

from streamrnn.kernels.jit import inline_kernel


def address_of(array: NDArray[Any]) -> int:
    """Of the first element of a C-contiguous array."""
    return array.ctypes.data


def native_address(function: Any, *arguments: Any) -> int:
    """Of a kernel as compiled for arguments of these types; it is called with these once."""
    function(*arguments)
    if numba.config.DISABLE_JIT:
        return id(function)
    compiled = function.overloads[tuple(map(numba.typeof, arguments))]
    address: int = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
    return address


@inline_kernel
def array_at(address: int, shape: Any, dtype: Any) -> Any:
    """shape: a number or a tuple. dtype: of numpy."""
    return numba.carray(pointer(address), shape, dtype)


def pointer(address: int) -> Any:
    """What `carray` wants."""
    return ctypes.c_void_p(address)


def call_at(address: int, *arguments: Any) -> Any:
    """Calls the kernel at an address of `native_address`; it returns an int."""
    return ctypes.cast(address, ctypes.py_object).value(*arguments)


@infer_global(pointer)
class _Pointer(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(types.voidptr, types.intp)


@lower_builtin(pointer, types.intp)
def _emit_pointer(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.inttoptr(args[0], cgutils.voidptr_t)


@infer_global(call_at)
class _CallAt(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(types.intp, *map(types.unliteral, args))


@lower_builtin(call_at, types.VarArg(types.Any))
def _emit_call_at(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    returned, taken = sig.return_type, sig.args[1:]
    function = context.call_conv.get_function_type(returned, taken)
    code = builder.inttoptr(args[0], function.as_pointer())
    status, result = context.call_conv.call_function(builder, code, returned, taken, args[1:])
    with cgutils.if_unlikely(builder, status.is_error):
        context.call_conv.return_status_propagate(builder, status)
    return result
