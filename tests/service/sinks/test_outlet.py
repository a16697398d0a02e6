from __future__ import annotations

import threading
import time

from streamrnn.service.sinks.outlet import Outlet
from streamrnn.service.sinks.tally import Tally


class Slow(Outlet):
    """Comes to an end when it is let."""

    def __init__(self) -> None:
        super().__init__("slow")
        self.let_go = threading.Event()
        self.threads: list[str] = []

    def tally(self) -> Tally:
        raise NotImplementedError

    def _run(self) -> None:
        self.threads.append(threading.current_thread().name)
        self._stopping.wait(30.0)
        self.let_go.wait(30.0)
        self.threads.append("over")


def test_it_runs_in_a_thread_of_its_own_until_it_is_closed() -> None:
    outlet = Slow()
    outlet.let_go.set()
    outlet.start()
    outlet.join(0.05)
    assert outlet.threads == ["slow"]
    outlet.close()
    outlet.join(30.0)
    assert outlet.threads == ["slow", "over"]


def test_closing_waits_for_nothing_and_joining_no_longer_than_it_may() -> None:
    outlet = Slow()
    outlet.start()
    outlet.close()
    begun = time.monotonic()
    outlet.join(0.2)
    assert 0.2 <= time.monotonic() - begun < 20.0
    assert "over" not in outlet.threads
    outlet.let_go.set()
    outlet.join(30.0)
    assert outlet.threads == ["slow", "over"]


def test_one_that_was_never_started_can_be_joined() -> None:
    outlet = Slow()
    outlet.close()
    outlet.join(30.0)
    assert outlet.threads == []
