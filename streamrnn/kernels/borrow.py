"""An array without its count of references.

Numba counts who holds an array's memory, also for every view that a kernel takes of it: two atomic
instructions each, of which a reading of one stream would spend a tenth of its time.
"""

from __future__ import annotations

from typing import Any

from numba.core import cgutils, types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature


def borrowed(a: Any) -> Any:
    """The array, of which views are free. It is kept alive by the caller: what is borrowed, or a
    view of it, must not be returned from a kernel."""
    return a


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
