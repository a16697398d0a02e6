"""What rows begin with: a broker, a daemon, streams that speak, somebody who listens to the alerts.
And what they end with: the judgement whether the promise was kept."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.mosquitto import Mosquitto
from tests.service.mqtt_peers import Peer
from tests.torture.figures import Figures
from tests.torture.nursery import Nursery
from tests.torture.rounds import SEATS, differences, round_of, undisturbed
from tests.torture.sender import BROKER_SETTINGS, Sender
from tests.torture.victim import Victim, victim

_EVENTS = "streamrnn/gw/events"
_PER_SECOND = 1000.0  # readings
_FEWEST_ROUNDS = 300  # so that there are faults and retrainings
# More than ever waits: beyond its window mosquitto 2.0.11 mixes what had waited with what comes,
# out of order, and what is late by its stamp is left out.
_WINDOW = 20_000


@contextmanager
def broker_and_victim(folder: Path, **settings: Any) -> Iterator[tuple[Mosquitto, Victim]]:
    """The broker runs, the daemon is not yet started; both are ended. settings: of `victim`."""
    broker = Mosquitto(folder / "broker", settings=BROKER_SETTINGS)
    broker.start()
    try:
        with (
            Nursery() as nursery,
            victim(nursery, folder / "victim", broker.url, **settings) as daemon,
        ):
            yield broker, daemon
    finally:
        broker.stop()


class Plant:
    """Its streams speak from `speak` until `judge`; what is done to the daemon meanwhile must make
    no difference."""

    def __init__(self, broker: Mosquitto, daemon: Victim, peer: Peer) -> None:
        self.broker = broker
        self.daemon = daemon
        self._peer = peer
        self._sender: Sender | None = None

    def speak(self) -> None:
        self._sender = Sender(self.broker, round_of, _PER_SECOND)

    def judge(self, figures: Figures) -> None:
        """The promise: no alert lost, state bit-equal to that of a daemon that nobody disturbed."""
        assert self._sender is not None
        rounds = self._sender.finish(_FEWEST_ROUNDS)
        drain(self.daemon)
        expected = undisturbed(rounds)
        keys = [
            (event["id"], event["type"], event["time"])
            for event in map(json.loads, self._peer.payloads(_EVENTS))
        ]
        figures["readings"] = expected.readings
        figures["streams that gave way"] = expected.shed
        figures["skipped as redelivered"] = self.daemon.redelivered
        figures["alerts"] = len(expected.events)
        figures["lost"] = len(expected.events - set(keys))
        figures["told again"] = len(keys) - len(set(keys))
        strange = sorted(set(keys) - expected.events)
        figures["never to be told"] = len(strange)
        different = differences(*self.daemon.saved(), expected)
        figures["state"] = f"differs in {different}" if different else "bit-equal"
        clear = figures["lost"] == figures["never to be told"] == 0
        assert clear, f"{figures}, such as {strange[:3]}"
        assert not different, figures


@contextmanager
def plant(folder: Path, mqtt: str = "") -> Iterator[Plant]:
    """The daemon has been ready: from now on the broker keeps everything for it. mqtt: more
    settings of that section."""
    with (
        broker_and_victim(folder, window=_WINDOW, streams=SEATS, mqtt=mqtt) as (broker, daemon),
        Peer(broker, _EVENTS, name="peer") as peer,
    ):
        daemon.start()
        daemon.wait_ready()
        yield Plant(broker, daemon, peer)


def drain(daemon: Victim, seconds: float = 300.0) -> None:
    """Wait until everything is applied and told, then stop in good order."""
    deadline = time.monotonic() + seconds
    before = -1.0
    while (now := daemon.total("streamrnn_messages_total")) != before:
        assert time.monotonic() < deadline, f"{now} messages, and still more"
        before = now
        time.sleep(1.0)
    assert daemon.stop() == 0
