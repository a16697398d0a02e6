"""Killed before and after each step of applying, queueing alerts, saving and acknowledging, by its
own hand: no alert is lost, and the state is bit for bit as if nothing had happened."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from streamrnn.service import failpoint
from tests.daemon_process import DaemonProcess
from tests.torture.figures import Figures
from tests.torture.mishap import AFTER, BEFORE, HALFWAY, Mishap
from tests.torture.plant import plant
from tests.torture.victim import Victim

_LONGEST_START_SECONDS = 5.0
_STARTS = 3

# On its way to the disk; what is written to outbox.tmp after its sync goes on as outbox.log.
_STATE = (
    "create state.tmp",
    "write state.tmp",
    "sync state.tmp",
    "rename state.previous.bin",
    "rename state.bin",
)
_NEW_OUTBOX = ("create outbox.tmp", "write outbox.tmp", "sync outbox.tmp", "rename outbox.log")
_IN_OUTBOX = ("write outbox.tmp", "sync outbox.tmp")


class _Start(NamedTuple):
    """seconds: to ready, by the wall. waited: of those, at least, while others had the processor,
    which they have not on a gateway. worked: of the processor."""

    seconds: float
    waited: float
    worked: float


def mishaps() -> Iterator[Mishap]:
    """Every place, each moment."""
    for place in failpoint.ALL:
        yield Mishap(place, 3 if place == failpoint.APPLIED else 1)
    for place in (*_STATE, *_NEW_OUTBOX):
        for moment in (BEFORE, AFTER):
            yield Mishap(place, 1, moment)
    for count in (1, 2):  # of the outbox at the start, and of a checkpoint
        for moment in (BEFORE, AFTER):
            yield Mishap("sync folder", count, moment)
    for place in _IN_OUTBOX:
        for moment in (BEFORE, AFTER):
            yield Mishap(place, 4, moment)
    for place, count in (("write state.tmp", 5), ("write outbox.tmp", 1), ("write outbox.tmp", 4)):
        yield Mishap(place, count, HALFWAY)


def run(folder: Path, times: int) -> Figures:
    """times: how often each."""
    figures = Figures("kill at a failpoint")
    planned = [mishap for _ in range(times) for mishap in mishaps()]
    with plant(folder) as scene:
        daemon = scene.daemon
        daemon.kill()
        scene.speak()
        for mishap in planned:
            daemon.start(mishap)
            assert daemon.wait_dead(), f"never came to {mishap}"
        daemon.start()
        daemon.wait_ready()
        figures["places"] = len(planned) // times
        figures["deaths"] = len(planned)
        scene.judge(figures)
        best = min(_starts(daemon, folder), key=lambda start: start.seconds - start.waited)
        figures["start from scratch to ready, s"] = best.seconds
        figures["of it waiting for the processor, s"] = best.waited
        figures["of the processor, s"] = best.worked
        assert best.seconds - best.waited <= _LONGEST_START_SECONDS, figures
    return figures


def _starts(daemon: Victim, folder: Path) -> list[_Start]:
    """Of a new process with all its imports, on the state that is there, kernels from the cache."""
    settings = daemon.settings.read_text()
    process = DaemonProcess(folder / "victim", settings, {})
    starts = []
    for _ in range(1 + _STARTS):
        begun = time.monotonic()
        process.start()
        try:
            process.wait_ready()
            lasted, waited = time.monotonic() - begun, process.waited_for_processor_seconds()
            starts.append(_Start(lasted, waited, process.processor_seconds()))
        finally:
            process.kill()
    return starts[1:]  # the first compiles what is missing in the cache
