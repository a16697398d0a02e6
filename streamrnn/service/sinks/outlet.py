"""A place where events or readings go, in a thread of its own, so that it can hold up nobody."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from streamrnn.service.sinks.tally import Tally


class Outlet(ABC):
    """Started once; what it does until `_stopping` is set, and a little beyond, is `_run`."""

    def __init__(self, thread: str) -> None:
        """thread: its name."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=thread, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ask it to come to an end; see `join`."""
        self._stopping.set()

    def join(self, timeout: float) -> None:
        """Wait until it has come to an end, for so many seconds at most."""
        if self._thread.ident is not None:
            self._thread.join(timeout)

    @abstractmethod
    def tally(self) -> Tally:
        """What became of all that it was given. Any thread."""

    @abstractmethod
    def _run(self) -> None:
        """The thread."""
