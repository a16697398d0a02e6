"""Compiles reference.c at run time, where there is a C compiler, and makes it callable."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_SOURCE = Path(__file__).with_name("reference.c")
_FLAGS = ("-O3", "-march=native", "-ffast-math", "-funroll-loops", "-fPIC")


def find_compiler() -> str | None:
    """$CC, or the first of cc, gcc, clang on the path."""
    for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        if name and (found := shutil.which(name)):
            return found
    return None


class Reference:
    """reference.c for one hidden size. Arrays are contiguous, shapes as in that file."""

    def __init__(self, compiler: str, H: int, folder: Path) -> None:
        """folder: where the shared object is written. CalledProcessError when it does not
        compile; the compiler's own words are then on standard error."""
        library, compiled = folder / f"reference-{H}.so", folder / f"reference-{H}.o"
        subprocess.run(
            [compiler, *_FLAGS, f"-DH={H}", "-c", str(_SOURCE), "-o", str(compiled)], check=True
        )
        # Linked by itself: given -ffast-math, GCC's linking adds start-up code that makes the whole
        # process, us included, take subnormal numbers for zero.
        subprocess.run([compiler, "-shared", str(compiled), "-o", str(library), "-lm"], check=True)
        self._library = ctypes.CDLL(str(library))

    def step(self, p: F32, x: F32, s: F32, o: F32, rounds: int) -> None:
        self._library.step(*map(_pointer, (p, x, s, o)), *_longs(len(o), rounds))

    def train(
        self, p: F32, x: F32, y: F32, s0: F32, *, streams: int, rounds: int, rule: tuple[float, ...]
    ) -> None:
        """rule: Huber's bound, the limit of the gradient's norm, the learning rate."""
        arrays = map(_pointer, (p, x, y, s0))
        self._library.train(*arrays, *_longs(streams, rounds), *map(ctypes.c_float, rule))


def _pointer(array: F32) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _longs(*numbers: int) -> tuple[ctypes.c_long, ...]:
    return tuple(map(ctypes.c_long, numbers))
