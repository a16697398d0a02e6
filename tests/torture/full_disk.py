"""The disk under a running daemon fills up, in the midst of a write or between two, and has room
again; now and then the daemon is killed while it is full. No alert is lost, and the state is bit
for bit as if nothing had happened.

The kernel refuses writes beyond a size of file that is set from outside: to the daemon, to SQLite
and to the log that is a full disk.
"""

from __future__ import annotations

import random
import resource
import time
from pathlib import Path

from tests.torture.figures import Figures
from tests.torture.plant import plant
from tests.torture.victim import Victim

_LARGEST_FILE = 400_000  # more than a checkpoint takes: some writes come to their end
_HEALED_SECONDS = 60.0


def run(folder: Path, count: int, seed: int = 0) -> Figures:
    """count: times that it is full."""
    rng = random.Random(seed)
    figures = Figures("full disk")
    killed = unready = 0
    with plant(folder) as scene:
        daemon = scene.daemon
        scene.speak()
        for _ in range(count):
            time.sleep(rng.uniform(0.0, 0.4))
            _limit(daemon, rng.choice((0, rng.randrange(_LARGEST_FILE))))
            time.sleep(rng.uniform(0.0, 1.0))
            unready += not _is_ready(daemon)
            if rng.random() < 0.5:
                daemon.restart_killed()
                killed += 1
            else:
                _limit(daemon, resource.RLIM_INFINITY)
                daemon.wait_until(lambda: _is_ready(daemon), "healed", _HEALED_SECONDS)
        figures["times full"] = count
        figures["noticed by then"] = unready
        figures["killed meanwhile"] = killed
        scene.judge(figures)
    return figures


def _limit(daemon: Victim, size: int) -> None:
    """No file may grow beyond it."""
    assert daemon.process is not None
    limits = size, resource.RLIM_INFINITY
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, limits)


def _is_ready(daemon: Victim) -> bool:
    return daemon.get("/readyz")[0] == 200
