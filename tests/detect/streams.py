"""Banks small enough for tests, and readings for them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.config import DetectorConfig
from streamrnn.detect import Bank, Decisions, layout
from streamrnn.detect.recipe import RANGE_WARM_READINGS
from streamrnn.kernels.bfloat16 import widened

F64 = NDArray[np.float64]

SETTINGS = {"hidden": 8, "warm_up": 50, "seed": 7}
QUIET = DetectorConfig.model_validate({**SETTINGS, "retrain_every": "never"})
GROWN_UP = int(RANGE_WARM_READINGS) + 100  # readings after which every channel judges

# at one reading a second every stream retrains several times within a few hundred readings
RETRAINING = DetectorConfig.model_validate({**SETTINGS, "retrain_every": "60s"})


class Columns(NamedTuple):
    """What `Bank.step` takes, with names for slots."""

    streams: list[str]
    values: F64
    times: F64


def sine(n: int, seed: int = 0, noise: float = 0.1) -> F64:
    t = np.arange(n)
    return 20.0 + 5.0 * np.sin(t / 6.0) + np.random.default_rng(seed).normal(0.0, noise, n)


def seconds(n: int, first: float = 1.7e9) -> F64:
    return first + np.arange(n, dtype=np.float64)


def step_one(bank: Bank, values: F64, times: F64, stream: str = "s") -> Decisions:
    return bank.step(np.full(len(values), bank.slot(stream)), values, times)


def rough_stream(seed: int, n: int) -> tuple[F64, F64]:
    """Values and times with all that happens in the field: jitter, gaps, duplicates, late stamps,
    a clock set back, spikes, a stretch without change."""
    random = np.random.default_rng(seed)
    times = 1.7e9 + np.cumsum(random.choice([1.0, 1.0, 1.0, 0.5, 2.5], n))
    values = sine(n, seed)
    for _ in range(4):
        at = int(random.integers(1, n))
        match int(random.integers(6)):
            case 0:
                times[at:] += random.choice([20.0, 500.0])
            case 1:
                times[at:] -= 1000.0
            case 2:
                times[at] -= 30.0
            case 3:
                times[at], values[at] = times[at - 1], values[at - 1]
            case 4:
                values[at] += 100.0
            case _:
                values[at : at + 40] = values[at]
    values[-int(random.integers(5, 30))] += 100.0
    return values, times


def rough_fleet(seed: int, streams: int, n: int, name: str = "plant/{}") -> Columns:
    """Rough streams, each in its own order, mixed at random; of one device, unless their names say
    otherwise."""
    random = np.random.default_rng(seed)
    owner = random.permutation(np.repeat(np.arange(streams), n))
    values, times = np.empty(len(owner)), np.empty(len(owner))
    for k in range(streams):
        values[owner == k], times[owner == k] = rough_stream(seed + k, n)
    return Columns([name.format(k) for k in owner], values, times)


def step(bank: Bank, columns: Columns) -> Decisions:
    return bank.step([bank.slot(name) for name in columns.streams], *columns[1:])


def joined(parts: list[Decisions]) -> Decisions:
    return Decisions._make(np.concatenate(column) for column in zip(*parts, strict=True))


def rows(decisions: Decisions, chosen: NDArray[np.bool_] | slice) -> Decisions:
    return Decisions._make(column[chosen] for column in decisions)


def assert_same_bits(first: Decisions, second: Decisions) -> None:
    columns: Any = zip(Decisions._fields, first, second, strict=True)
    for name, a, b in columns:
        assert a.tobytes() == b.tobytes(), f"{name} differs at {np.flatnonzero(a != b)[:5]}"


def is_sound(bank: Bank) -> bool:
    """Whether everything a network computes with is finite."""
    arrays = bank.to_arrays()
    offsets = layout.arrays(bank.config.hidden)
    channels = arrays["rows"][:, : 2 * offsets.size].reshape(-1, offsets.size)
    networks = channels[:, : offsets.recent]
    shorts = channels.copy().view(np.uint16)[:, 2 * offsets.recent :]
    return bool(np.isfinite(networks).all() and np.isfinite(widened(shorts)).all())


def assert_finite(decisions: Decisions) -> None:
    assert np.isfinite(decisions.score).all()
    forecasts = np.array(decisions[4:7])
    assert (np.isnan(forecasts).all(axis=0) | np.isfinite(forecasts).all(axis=0)).all()
