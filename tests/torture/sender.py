"""Publishes rounds of readings at QoS 1 in a thread of its own, at a steady rate, as long as they
are taken: on a machine that has much else to do a campaign takes longer, instead of letting a
million readings pile up at the broker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.mosquitto import Mosquitto
from tests.torture.rounds import Reading

_PORTION_SECONDS = 0.01
_LONG_SECONDS = 120.0
_MOST_UNCONFIRMED = 1000
_MOST_WAITING = 10_000  # at the broker, for the daemon
_WAITING = "$SYS/broker/store/messages/count"
BROKER_SETTINGS = "sys_interval 1"
"""Lines for the broker's mosquitto.conf: that it says every second how many wait."""


class Sender:
    """Starts at once, and goes on until `finish`."""

    def __init__(
        self,
        broker: Mosquitto,
        round_of: Callable[[int], Iterable[Reading]],
        per_second: float,
    ) -> None:
        self.rounds = 0
        self.sent = 0
        self._round_of = round_of
        self._per_second = per_second
        self._finishing = threading.Event()
        self._confirmed = 0
        self._waiting = 0
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_waiting
        self._client.max_inflight_messages = 1000
        self._client.connect(broker.host, broker.port)
        self._client.subscribe(_WAITING)
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
        due = 1.0
        looked_at = time.monotonic()
        while not self._finishing.is_set():
            for topic, payload in self._round_of(self.rounds):
                while due < 1.0 or self._is_too_far_ahead():
                    time.sleep(_PORTION_SECONDS)
                    now = time.monotonic()
                    due = min(due + (now - looked_at) * self._per_second, self._per_second)
                    looked_at = now
                self._client.publish(topic, payload, 1)
                self.sent += 1
                due -= 1.0
            self.rounds += 1

    def _is_too_far_ahead(self) -> bool:
        return self.sent - self._confirmed >= _MOST_UNCONFIRMED or self._waiting >= _MOST_WAITING

    def _on_waiting(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        self._waiting = int(message.payload)

    def _on_publish(self, *_: object) -> None:
        self._confirmed += 1
