"""A topic with a random part: a hundred thousand names, a cap on streams by memory, and a page of
metrics that still comes in a second."""

from __future__ import annotations

import time
from pathlib import Path

from streamrnn.config import DetectorConfig, LimitsConfig
from streamrnn.service.memory import within_memory
from tests.torture.figures import Figures
from tests.torture.nursery import Nursery
from tests.torture.scripted_broker import Client, ScriptedBroker, publish
from tests.torture.victim import Victim, victim

_MEMORY_MB = 500
_LIMITS = f"max_memory_mb = {_MEMORY_MB}\n"
_CAP = within_memory(LimitsConfig(max_memory_mb=_MEMORY_MB), DetectorConfig()).max_streams
_LONGEST_SCRAPE_SECONDS = 1.0
_SCRAPES = 3  # of which the best counts: what else runs here only adds to it
_BATCH = 1000


class _Explosion:
    def __init__(self, topics: int) -> None:
        self.topics = topics
        self.sent = 0

    def serve(self, client: Client, number: int) -> None:
        client.subscribed.wait(60.0)
        for first in range(0, self.topics, _BATCH):
            batch = [publish(f"plant/{n:x}", b"20.5") for n in range(first, first + _BATCH)]
            client.send(b"".join(batch))
            self.sent += _BATCH
            time.sleep(0.02)  # the cap is what is tested here, not the queue


def run(folder: Path, topics: int) -> Figures:
    explosion = _Explosion(topics)
    with (
        ScriptedBroker(explosion.serve) as broker,
        Nursery() as nursery,
        victim(nursery, folder, broker.url, durability="auto", every="10s", more=_LIMITS) as daemon,
    ):
        daemon.start()
        daemon.wait_until(lambda: explosion.sent == topics, "all topics", 600.0)
        daemon.wait_until(lambda: _received(daemon) >= topics, "all accounted for", 300.0)
        streams = int(daemon.total("streamrnn_streams"))
        scrapes = []
        for _ in range(_SCRAPES):
            begun = time.monotonic()
            _, page = daemon.get("/metrics")
            scrapes.append(time.monotonic() - begun)
        figures = Figures("topic explosion")
        figures["topics"] = topics
        figures["streams"] = streams
        figures["refused and counted"] = int(daemon.total("streamrnn_dropped_total"))
        figures["scrape, s"] = min(scrapes)
        figures["the slowest, s"] = max(scrapes)
        figures["scrape, MB"] = len(page) / 1e6
        figures["RSS, MB"] = daemon.rss_mb()
        figures["highest"] = daemon.highest_rss_mb()
        assert streams == _CAP < 10_000, figures
        assert daemon.highest_rss_mb() <= _MEMORY_MB, figures
        assert min(scrapes) <= _LONGEST_SCRAPE_SECONDS, figures
        return figures


def _received(daemon: Victim) -> float:
    return daemon.total("streamrnn_readings_total") + daemon.total("streamrnn_dropped_total")
