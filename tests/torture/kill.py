"""kill -9 at random while 50 streams publish at QoS 1: no alert is lost, and the state is bit for
bit that of a daemon that nobody killed."""

from __future__ import annotations

import json
import random
import statistics
import time
from pathlib import Path

from tests.mosquitto import Mosquitto
from tests.service.mqtt_peers import Peer
from tests.torture.figures import Figures
from tests.torture.nursery import Nursery
from tests.torture.rounds import SEATS, differences, round_of, undisturbed
from tests.torture.sender import BROKER_SETTINGS, Sender
from tests.torture.victim import Victim, victim

WINDOW = 20_000
"""More than ever waits: beyond its window mosquitto 2.0.11 mixes what had waited with what comes,
out of order, and what is late by its stamp is left out."""

_PER_SECOND = 1000.0  # readings
_FEWEST_ROUNDS = 300  # so that there are faults and retrainings


def run(folder: Path, count: int, seed: int = 0) -> Figures:
    """count: kills."""
    rng = random.Random(seed)
    broker = Mosquitto(folder / "broker", settings=BROKER_SETTINGS)
    broker.start()
    restarts = []
    try:
        with (
            Nursery() as nursery,
            victim(nursery, folder / "victim", broker.url, window=WINDOW, streams=SEATS) as daemon,
            Peer(broker, "streamrnn/gw/events") as peer,
        ):
            daemon.start()
            daemon.wait_ready()
            sender = Sender(broker, round_of, _PER_SECOND)
            for _ in range(count):
                time.sleep(rng.uniform(0.0, 0.4))
                restarts.append(daemon.restart_killed())
            rounds = sender.finish(_FEWEST_ROUNDS)
            drain(daemon)
            figures = Figures("kill -9")
            figures["kills"] = count
            figures["restart, median s"] = statistics.median(restarts)
            figures["restart, longest s"] = max(restarts)
            judge(daemon, peer, rounds, figures)
            return figures
    finally:
        broker.stop()


def drain(daemon: Victim, seconds: float = 300.0) -> None:
    """Wait until everything is applied and told, then stop in good order."""
    deadline = time.monotonic() + seconds
    before = -1.0
    while (now := daemon.total("streamrnn_messages_total")) != before:
        assert time.monotonic() < deadline, f"{now} messages, and still more"
        before = now
        time.sleep(1.0)
    assert daemon.stop() == 0


def judge(daemon: Victim, peer: Peer, rounds: int, figures: Figures) -> None:
    """The promise: no alert lost, state bit-equal. Of a daemon that has stopped in good order."""
    expected = undisturbed(rounds)
    keys = [
        (event["id"], event["type"], event["time"])
        for event in map(json.loads, peer.payloads("streamrnn/gw/events"))
    ]
    figures["readings"] = expected.readings
    figures["streams that gave way"] = expected.shed
    figures["skipped as redelivered"] = daemon.redelivered
    figures["alerts"] = len(expected.events)
    figures["lost"] = len(expected.events - set(keys))
    figures["told again"] = len(keys) - len(set(keys))
    strange = sorted(set(keys) - expected.events)
    figures["never to be told"] = len(strange)
    different = differences(*daemon.saved(), expected)
    figures["state"] = f"differs in {different}" if different else "bit-equal"
    assert figures["lost"] == figures["never to be told"] == 0, f"{figures}, such as {strange[:3]}"
    assert not different, figures
