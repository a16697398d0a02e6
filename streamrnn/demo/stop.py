"""Ends what runs in the terminal in good order."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class StopFlag:
    """Set by a signal handler, which must not do more than that."""

    is_set: bool = False


@contextmanager
def stopped_by_signals() -> Iterator[StopFlag]:
    """A flag that Ctrl-C, SIGTERM and a closed terminal set, in place of ending us half-way."""
    stop = StopFlag()

    def request_stop(number: int, frame: object) -> None:
        stop.is_set = True

    before = {
        number: signal.signal(number, request_stop)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
