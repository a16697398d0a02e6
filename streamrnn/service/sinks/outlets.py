"""All places besides MQTT and the log where events and readings go, as the settings name them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from streamrnn.config import HistoryConfig, InfluxConfig, WebhookConfig
from streamrnn.service.outbox import AlertOutbox
from streamrnn.service.sinks.carrier import Backoff, Carrier
from streamrnn.service.sinks.history import DESTINATION as HISTORY
from streamrnn.service.sinks.history import History
from streamrnn.service.sinks.influxdb import InfluxEvents, InfluxReadings
from streamrnn.service.sinks.outlet import Outlet
from streamrnn.service.sinks.sink import ReadingSink
from streamrnn.service.sinks.tally import Tally
from streamrnn.service.sinks.webhook import Webhook

_INFLUX_EVENTS: Final = "influxdb"
_INFLUX_READINGS: Final = "influxdb_readings"
_STOP_SECONDS: Final = 2.0  # for all together
_INFLUX_GIVES_UP_AFTER: Final = 7 * 86_400.0
_INFLUX_LONGEST_PAUSE: Final = 60.0


class Outlets:
    """Each with a thread of its own, so that none can hold up another, or the loop.

    readings: those that take readings.
    """

    def __init__(
        self,
        webhooks: Sequence[WebhookConfig],
        influxdb: InfluxConfig,
        history: HistoryConfig,
        *,
        gateway: str,
        directory: Path,
        outbox: AlertOutbox,
        keep: Callable[[], object] = lambda: None,
    ) -> None:
        """directory: where state is kept. outbox: made with `destinations` of the same settings.
        keep: makes sure that the directory is ours, or raises OSError."""
        self.readings: list[ReadingSink] = []
        self._outlets: dict[str, Outlet] = {}
        for config in webhooks:
            webhook = Webhook(config)
            self._outlets[webhook.destination] = Carrier(
                webhook.destination,
                outbox,
                webhook.deliver,
                give_up_after=config.give_up_after,
                backoff=Backoff(random.Random()),
            )
        if influxdb.url is not None:
            self._outlets[_INFLUX_EVENTS] = Carrier(
                _INFLUX_EVENTS,
                outbox,
                InfluxEvents(influxdb, gateway).deliver,
                give_up_after=_INFLUX_GIVES_UP_AFTER,
                backoff=Backoff(random.Random()),
            )
            if influxdb.readings:
                backoff = Backoff(random.Random(), longest=_INFLUX_LONGEST_PAUSE)
                readings = InfluxReadings(influxdb, gateway, backoff)
                self._outlets[_INFLUX_READINGS] = readings
                self.readings.append(readings)
        if history.enabled:
            keeper = History(history, directory, outbox, keep=keep)
            self._outlets[HISTORY] = keeper
            self.readings.append(keeper)

    def start(self) -> None:
        for outlet in self._outlets.values():
            outlet.start()

    def stop(self) -> None:
        """What is not delivered by now stays in the outbox for the next start."""
        deadline = time.monotonic() + _STOP_SECONDS
        for outlet in self._outlets.values():
            outlet.close()
        for outlet in self._outlets.values():
            outlet.join(max(0.0, deadline - time.monotonic()))

    def tallies(self) -> dict[str, Tally]:
        """What became of what each was given, by its name."""
        return {name: outlet.tally() for name, outlet in self._outlets.items()}


def destinations(
    webhooks: Sequence[WebhookConfig], influxdb: InfluxConfig, history: HistoryConfig
) -> list[str]:
    """The names under which outlets take events from the outbox."""
    names = [Webhook(config).destination for config in webhooks]
    if influxdb.url is not None:
        names.append(_INFLUX_EVENTS)
    if history.enabled:
        names.append(HISTORY)
    return names
