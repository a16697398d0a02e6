"""Ten times more messages than the loop can take: memory stays bounded, and every message that was
received is accounted for, as applied, dropped or rejected."""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.torture.figures import Figures
from tests.torture.nursery import Nursery
from tests.torture.scripted_broker import Client, ScriptedBroker, publish
from tests.torture.victim import Victim, victim

_QUEUE = 5_000
_STREAMS = 500
_MOST_GROWTH_MB = 100.0
_BATCH = 500  # messages per write
_LONG_PART = 0.25  # of the time, at the end: messages so long that so many would be all memory
_LONG = publish("plant/long", b"rubbish " * 7_500)
_BATCH_OF_LONG = 10


class _Flood:
    """As fast as the socket takes it, at QoS 0, for some seconds."""

    def __init__(self, seconds: float) -> None:
        self.sent = 0
        self.over = False
        self._seconds = seconds

    def serve(self, client: Client, number: int) -> None:
        rng = random.Random(0)
        client.subscribed.wait(60.0)
        until = time.monotonic() + self._seconds
        while time.monotonic() < until:
            is_long = time.monotonic() > until - _LONG_PART * self._seconds
            batch = [_LONG] * _BATCH_OF_LONG if is_long else _batch(rng)
            if not client.send(b"".join(batch)):
                break
            self.sent += len(batch)
        self.over = True


def _batch(rng: random.Random) -> list[bytes]:
    return [publish(f"plant/{rng.randrange(_STREAMS)}", _payload(rng)) for _ in range(_BATCH)]


def _payload(rng: random.Random) -> bytes:
    """One in ten is rubbish."""
    return b"rubbish" if rng.random() < 0.1 else b"%.6f" % rng.gauss(20.0, 1.0)


def run(folder: Path, seconds: int) -> Figures:
    flood = _Flood(seconds)
    with (
        ScriptedBroker(flood.serve) as broker,
        Nursery() as nursery,
        victim(
            nursery,
            folder,
            broker.url,
            durability="auto",
            mqtt=f"queue_size = {_QUEUE}",
        ) as daemon,
    ):
        daemon.start()
        daemon.wait_until(lambda: flood.sent > 10 * _QUEUE or flood.over, "the flood")
        before = daemon.rss_mb()
        highest = before
        while not flood.over:
            highest = max(highest, daemon.rss_mb())
            time.sleep(0.2)
        daemon.wait_until(lambda: _received(daemon) == flood.sent, "all accounted for", 300.0)
        figures = Figures("overload")
        figures["received"] = flood.sent
        figures["per second"] = flood.sent / seconds
        figures["applied"] = int(daemon.total("streamrnn_readings_total"))
        figures["dropped or rejected"] = int(daemon.total("streamrnn_dropped_total"))
        figures["RSS, MB"] = before
        figures["its growth, MB"] = highest - before
        assert highest - before < _MOST_GROWTH_MB, figures
        return figures


def _received(daemon: Victim) -> int:
    """One reading per message, so applied and counted add up to messages."""
    readings = daemon.total("streamrnn_readings_total")
    return int(readings + daemon.total("streamrnn_dropped_total"))
