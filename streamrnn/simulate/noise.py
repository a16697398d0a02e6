"""Randomness that is a pure function of time.

A sensor of the plant may be asked for any instant, in any order, at any interval, and must always
give the same answer. So nothing here keeps a state: a number is the hash of (seed, name, index).

The hash is the finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
generators, OOPSLA 2014, doi:10.1145/2660193.2660195).
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = 0xFFFFFFFFFFFFFFFF
_TICKS_PER_SECOND = 1000.0


class Noise:
    """One named source of randomness; the same seed and name always give the same numbers."""

    def __init__(self, seed: int, name: str) -> None:
        self._seed = seed
        self._name = name
        self._key = np.uint64(
            (seed * _GOLDEN + zlib.crc32(name.encode()) * 0xD1B54A32D192ED03) & _MASK
        )

    def child(self, name: str) -> Noise:
        """An independent source, named below this one."""
        return Noise(self._seed, f"{self._name}/{name}")

    def uniform(self, index: FloatArray) -> FloatArray:
        """One number in [0, 1) for each whole-numbered index."""
        with np.errstate(over="ignore"):
            bits = index.astype(np.int64).astype(np.uint64) * np.uint64(_GOLDEN) + self._key
            bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            bits ^= bits >> np.uint64(31)
        return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def white(self, at: FloatArray) -> FloatArray:
        """Gaussian noise of unit variance: independent for any two instants 1 ms or more apart."""
        tick = np.rint(at * _TICKS_PER_SECOND)
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(2.0 * tick)))
        return radius * np.cos(2.0 * np.pi * self.uniform(2.0 * tick + 1.0))

    def smooth(self, at: FloatArray, scale: float) -> FloatArray:
        """A wandering curve within [-1, 1], with a new target every `scale` seconds.

        Its slope never exceeds 3 / scale, so a sum with a steeper ramp stays monotone.
        """
        knot = np.floor(at / scale)
        fraction = at / scale - knot
        weight = fraction * fraction * (3.0 - 2.0 * fraction)
        before, after = self.uniform(knot), self.uniform(knot + 1.0)
        return 2.0 * (before + weight * (after - before)) - 1.0
