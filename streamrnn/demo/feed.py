"""The plant alone, for a daemon of one's own: publishes to any broker, watches nothing.

`deploy/compose.yml` shows it beside the daemon, Prometheus and Grafana.
"""

from __future__ import annotations

import time

from rich.console import Console

from streamrnn.config import MqttConfig
from streamrnn.demo.faults import FaultSchedule
from streamrnn.demo.plant import Plant
from streamrnn.demo.playback import publications
from streamrnn.demo.publisher import Publisher
from streamrnn.demo.run import check_settings
from streamrnn.demo.screen import Screen
from streamrnn.demo.stop import stopped_by_signals

_POLL_SECONDS = 0.25


def feed_plant(
    broker: MqttConfig, *, minutes: float, speed: float, seed: int, console: Console | None = None
) -> None:
    """Publish the plant and its faults for `minutes`, or until SIGINT or SIGTERM.

    broker: its address is used, without TLS, user and password. speed: plant seconds per second.
    Must be called from the main thread, as it handles signals.
    Raises ConfigError for settings that make no sense, BrokerError if the broker is not there.
    """
    check_settings(minutes=minutes, speed=speed)
    plant = Plant(seed)
    duration = minutes * 60.0 * speed
    schedule = FaultSchedule.plan(duration, seed)
    screen = Screen(console or Console(), speed)
    publisher = Publisher(
        publications(plant, schedule, duration), broker.port, speed, host=broker.host
    )
    with stopped_by_signals() as stop:
        publisher.start()
        screen.line(f"A simulated plant publishes {len(plant.streams)} streams to {broker.broker}.")
        screen.schedule(schedule)
        try:
            while publisher.is_running and not stop.is_set:
                time.sleep(_POLL_SECONDS)
        finally:
            publisher.stop()
