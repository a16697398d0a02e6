"""What signals do: while the daemon starts they end it, afterwards they set flags."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

_RAISE_AGAIN_SECONDS: Final = 0.1


@dataclass
class Signals:
    """What the signal handlers have noted; while the daemon runs they do no more than that."""

    starting: bool = True
    stop: bool = False
    reload: bool = False


class StoppedAtStartError(BaseException):
    """Asked to stop while starting. Compiling kernels may take half a minute on a small machine,
    too long to look at a flag afterwards. Not an `Exception`: nothing on the way may catch it."""


@contextmanager
def handled(signals: Signals) -> Iterator[None]:
    """SIGTERM and SIGINT stop, SIGHUP reloads, while the block runs. Only in the main thread."""

    def stop(number: int, frame: FrameType | None) -> None:
        signals.stop = True
        if signals.starting:
            # Python drops an exception that is raised in a destructor or in a callback: it is
            # raised again until one gets through.
            signal.setitimer(signal.ITIMER_REAL, _RAISE_AGAIN_SECONDS)
            raise StoppedAtStartError

    def reload_settings(number: int, frame: FrameType | None) -> None:
        signals.reload = True

    handlers = {
        signal.SIGTERM: stop,
        signal.SIGINT: stop,
        signal.SIGALRM: stop,
        signal.SIGHUP: reload_settings,
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        for number, handler_before in before.items():
            signal.signal(number, handler_before)
