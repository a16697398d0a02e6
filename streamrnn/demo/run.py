"""The demo from start to end: broker, daemon, plant, screen, and the sum at the end.

The clock is the real one: the plant runs `speed` times as fast as life, and its devices publish
without timestamps, so the daemon dates each reading by its arrival, as it does for most sensors.
At the default speed a day of the plant lasts 72 s and a reading a minute becomes 20 a second.
Nothing is faked for the daemon: it learns the interval that it sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from streamrnn.demo.broker import EmbeddedBroker
from streamrnn.demo.daemon import COMMAND, DaemonFailedError, DaemonProcess
from streamrnn.demo.faults import FaultSchedule
from streamrnn.demo.plant import Plant
from streamrnn.demo.playback import publications
from streamrnn.demo.publisher import Publisher
from streamrnn.demo.report import Tolerance, alarms_of, compare
from streamrnn.demo.screen import Screen
from streamrnn.demo.stop import stopped_by_signals
from streamrnn.demo.watch import Watch
from streamrnn.errors import ConfigError
from streamrnn.simulate.signals import HOUR, MINUTE

DEFAULT_MINUTES = 3.0
DEFAULT_SPEED = 1200.0
EXIT_OK, EXIT_DAEMON_FAILED = 0, 1

_TOPIC_FILTER = "plant/#"
_LOG_LINES = 20
# Plant time: see `Tolerance`.
_GRACE = 30.0 * MINUTE
_SETTLING = 3.0 * HOUR


def run_demo(
    *,
    minutes: float = DEFAULT_MINUTES,
    speed: float = DEFAULT_SPEED,
    seed: int = 1,
    console: Console | None = None,
    daemon_command: Sequence[str] = COMMAND,
) -> int:
    """Run the demo for `minutes`, or until SIGINT or SIGTERM; return the exit code.

    speed: plant seconds per second. seed: of the plant and its faults.
    daemon_command: the daemon to watch; `--broker URL --topic FILTER` is appended.
    0: the daemon ran through; 1: it failed, and its last log lines were shown.
    Must be called from the main thread, as it handles signals.
    Raises ConfigError for settings that make no sense, StreamrnnError if the broker fails.
    """
    check_settings(minutes=minutes, speed=speed)
    plant = Plant(seed)
    duration = minutes * 60.0 * speed
    schedule = FaultSchedule.plan(duration, seed)
    screen = Screen(console or Console(), speed)
    with (
        stopped_by_signals() as stop,
        TemporaryDirectory(prefix="streamrnn-demo-") as directory,
        EmbeddedBroker() as broker,
        DaemonProcess(
            daemon_command,
            broker_url=broker.url,
            topic_filter=_TOPIC_FILTER,
            directory=Path(directory),
            speed=speed,
        ) as daemon,
    ):
        _introduce(screen, plant, schedule, broker, daemon, minutes, speed)
        publisher = Publisher(publications(plant, schedule, duration), broker.port, speed)
        watch = Watch(stop, broker, daemon, publisher, screen)
        try:
            watch.run()
        except DaemonFailedError as failure:
            screen.line(f"{failure}. Its last log lines:")
            for line in daemon.last_log_lines(_LOG_LINES):
                screen.line(f"  {line}")
            return EXIT_DAEMON_FAILED
        report = compare(
            schedule.faults,
            publisher.injections(),
            alarms_of(watch.events),
            watch.warmed_up_at,
            Tolerance(grace=_GRACE / speed, settling=_SETTLING / speed),
        )
        intervals = {s.name: device.interval for device in plant.devices for s in device.streams}
        screen.report(report, intervals, publisher.published)
    return EXIT_OK


def _introduce(
    screen: Screen,
    plant: Plant,
    schedule: FaultSchedule,
    broker: EmbeddedBroker,
    daemon: DaemonProcess,
    minutes: float,
    speed: float,
) -> None:
    screen.line(
        f"A simulated plant: {len(plant.devices)} devices, {len(plant.streams)} streams, seed "
        f"{plant.seed}; a day lasts {86_400.0 / speed:.0f} s. {minutes:g} minutes, or until Ctrl-C."
    )
    screen.line(f"Broker   {broker.url}   (try: mosquitto_sub -p {broker.port} -t 'plant/#' -v)")
    screen.line(f"Page     {daemon.url}/")
    screen.line(f"Metrics  {daemon.url}/metrics\n")
    screen.schedule(schedule)
    screen.line("Starting the daemon; the first start compiles its kernels.")


def check_settings(**settings: float) -> None:
    """Raises ConfigError with every one that is no number above 0."""
    problems = [
        f"{name} = {value:g}: must be a number above 0"
        for name, value in settings.items()
        if not 0.0 < value < float("inf")
    ]
    if problems:
        raise ConfigError(problems)
