"""The compiler flags that every kernel shares.

Of fastmath only what leaves NaN and infinity alone: readings can be missing, and a missing value
must stay one. Not "reassoc": it merges sums that are kept apart on purpose into one chain of
additions that waits for itself (a BPTT window at H = 16 took 1.1 times as long).

    kernel         called from Python; cached on disk, releases the GIL
    short_kernel   the same for less work than it takes to release the GIL and to get it back
    subroutine     called from kernels; compiled once per combination of its constant arguments,
                   which it names by `numba.literally`
    inline_kernel  pasted into its caller, so that constants passed to it stay constants
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

from streamrnn.kernels.cache import ForgivingCache, activate

FLAGS = {"contract", "nsz", "arcp"}
CACHED = activate()

inline_kernel: Callable[[Any], Any] = numba.njit(
    inline="always", fastmath=FLAGS, error_model="numpy"
)
subroutine: Callable[[Any], Any] = numba.njit(fastmath=FLAGS, error_model="numpy")


def kernel(function: Any) -> Any:
    return _cached(numba.njit(function, fastmath=FLAGS, error_model="numpy", nogil=True))


def short_kernel(function: Any) -> Any:
    return _cached(numba.njit(function, fastmath=FLAGS, error_model="numpy"))


def _cached(dispatcher: Any) -> Any:
    """As `cache=True`, but for what happens when the disk does not take it."""
    if CACHED and not numba.config.DISABLE_JIT:
        dispatcher._cache = ForgivingCache(dispatcher.py_func)
    return dispatcher


def compiled_for(function: Any, *arguments: Any) -> Any:
    """A kernel as compiled for arguments of these types; it is called with these once.

    It saves Numba's look at the types of the arguments, which takes longer than a reading; so it
    must never be called with others.
    """
    function(*arguments)
    if numba.config.DISABLE_JIT:
        return function
    return function.overloads[tuple(map(numba.typeof, arguments))].entry_point
