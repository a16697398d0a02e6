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

from typing import Any

import numba
import numpy as np
from numba.core import cgutils, types
from numba.core.imputils import lower_builtin
from numba.core.types.misc import VarArg, unliteral
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

_plain: dict[int, Any] = {}  # kernels by address, where nothing is compiled


def address_of(array: NDArray[Any]) -> int:
    """Of the first element of a C-contiguous array."""
    return array.ctypes.data


def native_address(function: Any, *arguments: Any) -> int:
    """Of a kernel as compiled for arguments of these types; it is called with these once."""
    function(*arguments)
    if numba.config.DISABLE_JIT:
        _plain[id(function)] = function
        return id(function)
    compiled = function.overloads[tuple(map(numba.typeof, arguments))]
    address: int = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
    return address


def array_at(address: int, shape: Any, dtype: Any) -> Any:
    """shape: a number or a tuple. dtype: of numpy."""
    shape = tuple(map(int, shape)) if isinstance(shape, tuple) else (int(shape),)
    interface = {"version": 3, "typestr": np.dtype(dtype).str}
    return np.asarray(_Memory({**interface, "shape": shape, "data": (int(address), False)}))


class _Memory:
    """What numpy wants to see of an array that it did not make."""

    def __init__(self, interface: dict[str, Any]) -> None:
        self.__array_interface__ = interface


def call_at(address: int, *arguments: Any) -> Any:
    """Calls the kernel at an address of `native_address`; it returns an int."""
    return _plain[int(address)](*arguments)


@overload(array_at, strict=False)  # annotations differ
def _compiled_array_at(address: Any, shape: Any, dtype: Any) -> Any:
    return lambda address, shape, dtype: numba.carray(_pointer(address), shape, dtype)


@intrinsic
def _pointer(context: Any, address: Any) -> Any:
    """What `carray` wants."""
    return types.voidptr(types.intp), _emit_pointer


def _emit_pointer(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.inttoptr(args[0], cgutils.voidptr_t)


@infer_global(call_at)
class _CallAt(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(types.intp, *map(unliteral, args))


@lower_builtin(call_at, VarArg(types.Any))
def _emit_call_at(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    returned, taken = sig.return_type, sig.args[1:]
    function = context.call_conv.get_function_type(returned, taken)
    code = builder.inttoptr(args[0], function.as_pointer())
    status, result = context.call_conv.call_function(builder, code, returned, taken, args[1:])
    with cgutils.if_unlikely(builder, status.is_error):
        context.call_conv.return_status_propagate(builder, status)
    return result
