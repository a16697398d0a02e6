"""Everything that a stream goes through, once, before the first one comes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from streamrnn.config import AlertsConfig, DetectorConfig
from streamrnn.detect import Bank, EventTracker
from streamrnn.detect.recipe import HISTORY

log = logging.getLogger("streamrnn.daemon")


def compile_kernels(config: DetectorConfig) -> None:
    """Let a stream of no account live through everything, a retraining included: Numba compiles
    at first use, which takes seconds and must not happen under load."""
    begun = time.monotonic()
    log.info("kernels_loading", extra={"data": {"meaning": "the first start compiles them"}})
    seconds = float(HISTORY)
    bank = Bank(config.model_copy(update={"retrain_every": seconds}))
    times = np.arange(3.0 * seconds)
    readings = np.full(times.size, bank.slot("rehearsal")), np.sin(times), times
    decisions = bank.step(*readings)
    EventTracker(AlertsConfig(), "rehearsal").observe(bank.names, *readings, decisions)
    log.info("kernels_ready", extra={"data": {"seconds": round(time.monotonic() - begun, 2)}})


def beside(work: Callable[[], None]) -> None:
    """On a thread of its own, while ours waits and can be stopped: an exception that is raised in
    the midst of compiling may be dropped by a callback of LLVM, or leave LLVM in pieces."""
    executor = ThreadPoolExecutor(1, "start")
    executor.submit(work).result()
    executor.shutdown()
