"""Publishes rounds of readings at QoS 1 in a thread of its own, at a steady rate."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.torture.rounds import Reading

_PORTION_SECONDS = 0.01
_LONG_SECONDS = 120.0
_MOST_UNCONFIRMED = 1000


class Sender:
    """Starts at once, and goes on until `finish`."""

    def __init__(
        self,
        host: str,
        port: int,
        round_of: Callable[[int], Iterable[Reading]],
        per_second: float,
    ) -> None:
        self.rounds = 0
        self.sent = 0
        self._round_of = round_of
        self._per_second = per_second
        self._finishing = threading.Event()
        self._confirmed = 0
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_publish = self._on_publish
        self._client.max_inflight_messages = 1000
        self._client.connect(host, port)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def finish(self, at_least: int = 0) -> int:
        """The number of rounds, of which the broker has everything."""
        while self.rounds < at_least:
            time.sleep(0.01)
        self._finishing.set()
        self._thread.join()
        deadline = time.monotonic() + _LONG_SECONDS
        while self._confirmed < self.sent:
            assert time.monotonic() < deadline, f"{self._confirmed} of {self.sent} confirmed"
            time.sleep(0.01)
        self._client.disconnect()
        self._client.loop_stop()
        return self.rounds

    def _run(self) -> None:
        begun = time.monotonic()
        while not self._finishing.is_set():
            for topic, payload in self._round_of(self.rounds):
                while (
                    self.sent >= (time.monotonic() - begun) * self._per_second + 1
                    or self.sent - self._confirmed >= _MOST_UNCONFIRMED
                ):
                    time.sleep(_PORTION_SECONDS)
                self._client.publish(topic, payload, 1)
                self.sent += 1
            self.rounds += 1

    def _on_publish(self, *_: object) -> None:
        self._confirmed += 1
