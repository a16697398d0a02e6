"""One daemon of the campaign: its settings, its log, its lives and deaths."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from streamrnn.records import Reason
from streamrnn.service.checkpoint import CheckpointStore
from streamrnn.service.disk import Disk
from tests.daemon_process import DaemonProcess
from tests.torture.mishap import Mishap
from tests.torture.nursery import Forked, Nursery
from tests.torture.rounds import SETTINGS


class Saved(NamedTuple):
    """The newest checkpoint."""

    arrays: dict[str, Any]
    tracker: dict[str, Any]


class Victim(DaemonProcess):
    """Forked from the nursery instead of started from scratch."""

    def __init__(self, nursery: Nursery, folder: Path, settings: str) -> None:
        super().__init__(folder, settings, {})
        self._nursery = nursery
        self.redelivered = 0
        """Messages that were recognised, over all lives, as far as it lived to say so."""

    def start(self, mishap: Mishap | None = None) -> None:
        self.process = self._nursery.fork(self._environ, self.settings, self.log, mishap)

    def twin(self) -> Forked:
        """Another daemon with the same settings."""
        return self._nursery.fork(self._environ, self.settings, self.log)

    def restart_killed(self) -> float:
        """kill -9 and start again; seconds until it is connected and subscribed."""
        self._note_redelivered()
        self.kill()
        begun = time.monotonic()
        self.start()
        self.wait_ready()
        return time.monotonic() - begun

    def stop(self, within_seconds: float = 60.0) -> int:
        self._note_redelivered()
        return super().stop(within_seconds)

    def _note_redelivered(self) -> None:
        dropped = self.samples("streamrnn_dropped_total")
        self.redelivered += int(
            sum(s.value for s in dropped if s.labels["reason"] == Reason.REDELIVERED)
        )

    @property
    def died(self) -> bool:
        return self.process.poll() is not None

    def wait_dead(self, seconds: float = 60.0) -> bool:
        """Whether it died within that time, by its own mishap."""
        deadline = time.monotonic() + seconds
        while not self.died and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.died and self.process.poll() == -signal.SIGKILL

    def counts(self) -> dict[str, float]:
        """What became of all messages and readings."""
        names = ("streamrnn_messages_total", "streamrnn_readings_total")
        dropped = self.samples("streamrnn_dropped_total")
        return {name: self.total(name) for name in names} | {
            s.labels["reason"]: s.value for s in dropped if s.value
        }

    def rss_mb(self) -> float:
        return self._status("VmRSS") / 1024

    def highest_rss_mb(self) -> float:
        return self._status("VmHWM") / 1024

    def threads(self) -> int:
        return self._status("Threads")

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def _status(self, name: str) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = (line for line in text.splitlines() if line.startswith(f"{name}:"))
        return int(line.split()[1])

    def saved(self) -> Saved:
        stored = CheckpointStore(self._folder / "state", Disk()).read()
        assert stored is not None, f"nothing was saved:\n{self._log_end()}"
        return Saved(stored.arrays, stored.facts["tracker"])

    def count_in_log(self, event: str) -> int:
        return self.log.read_text(errors="replace").count(f"event={event}")


@contextmanager
def victim(
    nursery: Nursery,
    folder: Path,
    broker_url: str,
    *,
    window: int = 1000,
    every: str = "100ms",
    durability: str = "exact",
    streams: int = 10_000,
    mqtt: str = "",
    more: str = "",
) -> Iterator[Victim]:
    """Not yet started; killed at the end if it still runs."""
    settings = SETTINGS.format(
        broker=broker_url,
        window=window,
        every=every,
        durability=durability,
        streams=streams,
        mqtt=mqtt,
    )
    process = Victim(nursery, folder, settings + more)
    try:
        yield process
    finally:
        process.kill()
