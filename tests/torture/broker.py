"""The broker ends, in good order or killed, and comes back: the daemon is subscribed again within
10 s, and when the broker has forgotten our session, the loss is told."""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path

from tests.torture.figures import Figures
from tests.torture.plant import broker_and_victim
from tests.torture.victim import Victim

_LONGEST_SECONDS = 10.0


def run(folder: Path, count: int, seed: int = 0) -> Figures:
    """count: ends of the broker; every other one by SIGKILL, and then the session is lost."""
    rng = random.Random(seed)
    pauses = []
    killed = 0
    with broker_and_victim(folder) as (broker, daemon):
        daemon.start()
        daemon.wait_ready()
        for n in range(count):
            if n % 2:
                broker.kill()
                (folder / "broker" / "mosquitto.db").unlink(missing_ok=True)
                killed += 1
            else:
                broker.stop()
            time.sleep(rng.uniform(0.0, 0.5))
            broker.start()
            pauses.append(_until_subscribed(daemon, n + 1))
        assert daemon.count_in_log("session_lost") == killed
        assert daemon.stop() == 0
    figures = Figures("broker ends")
    figures["TERM"] = count - killed
    figures["KILL, session lost"] = killed
    figures["losses told"] = killed
    figures["subscribed again, median s"] = statistics.median(pauses)
    figures["longest s"] = max(pauses)
    assert max(pauses) <= _LONGEST_SECONDS, figures
    return figures


def _until_subscribed(daemon: Victim, reconnects: int) -> float:
    begun = time.monotonic()
    daemon.wait_until(
        lambda: (
            daemon.total("streamrnn_reconnects_total") >= reconnects
            and '"subscriptions"' not in daemon.get("/readyz")[1] != ""
        ),
        "subscribed again",
    )
    return time.monotonic() - begun
