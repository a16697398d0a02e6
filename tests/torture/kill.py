"""kill -9 at random while 50 streams publish at QoS 1: no alert is lost, and the state is bit for
bit that of a daemon that nobody killed."""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path

from tests.torture.figures import Figures
from tests.torture.plant import plant


def run(folder: Path, count: int, seed: int = 0) -> Figures:
    """count: kills."""
    rng = random.Random(seed)
    restarts = []
    figures = Figures("kill -9")
    with plant(folder) as scene:
        scene.speak()
        for _ in range(count):
            time.sleep(rng.uniform(0.0, 0.4))
            restarts.append(scene.daemon.restart_killed())
        figures["kills"] = count
        figures["restart, median s"] = statistics.median(restarts)
        figures["restart, longest s"] = max(restarts)
        scene.judge(figures)
    return figures
