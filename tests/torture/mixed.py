"""What happens to a daemon beside kill -9, in any order: stopped and started, frozen for longer
than the broker waits, killed while it is frozen or while it stops, told to read its settings twenty
times over, a second daemon started on its state directory, a broker that falls silent or restarts.
No alert is lost, and the state is bit for bit as if nothing had happened."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.mosquitto import Mosquitto
from tests.torture.figures import Figures
from tests.torture.plant import plant
from tests.torture.victim import Victim

_KEEP_ALIVE = 'keepalive = "2s"'
_LONGEST_SILENCE_SECONDS = 5.0
_IN_USE = "is in use by another streamrnn"


class _Mishaps:
    def __init__(self, daemon: Victim, broker: Mosquitto, rng: random.Random) -> None:
        self._daemon = daemon
        self._broker = broker
        self._rng = rng
        self.all: dict[str, Callable[[], object]] = {
            "killed": daemon.restart_killed,
            "stopped": self._stop,
            "killed while stopping": self._kill_while_stopping,
            "frozen": self._freeze,
            "killed while frozen": self._kill_while_frozen,
            "reloaded": self._reload,
            "not alone": self._start_a_second,
            "broker silent": self._silence_the_broker,
            "broker restarted": self._restart_the_broker,
        }

    def _stop(self) -> None:
        assert self._daemon.stop() == 0
        self._start()

    def _kill_while_stopping(self) -> None:
        self._daemon.send(signal.SIGTERM)
        time.sleep(self._rng.uniform(0.0, 0.05))
        self._daemon.restart_killed()

    def _freeze(self) -> None:
        self._daemon.send(signal.SIGSTOP)
        self._wait()
        self._daemon.send(signal.SIGCONT)

    def _kill_while_frozen(self) -> None:
        self._daemon.send(signal.SIGSTOP)
        self._wait()
        self._daemon.kill()
        self._start()

    def _reload(self) -> None:
        for _ in range(20):
            self._daemon.send(signal.SIGHUP)
            time.sleep(0.01)

    def _start_a_second(self) -> None:
        before = self._daemon.log.read_text().count(_IN_USE)
        assert self._daemon.twin().wait() != 0
        assert self._daemon.log.read_text().count(_IN_USE) > before

    def _silence_the_broker(self) -> None:
        with self._broker.frozen():
            self._wait()

    def _restart_the_broker(self) -> None:
        self._broker.stop()
        time.sleep(self._rng.uniform(0.0, 2.0))
        self._broker.start()

    def _wait(self) -> None:
        time.sleep(self._rng.uniform(1.0, _LONGEST_SILENCE_SECONDS))

    def _start(self) -> None:
        self._daemon.start()
        self._daemon.wait_ready()


def run(folder: Path, count: int, seed: int = 0) -> Figures:
    """count: mishaps."""
    rng = random.Random(seed)
    happened: Counter[str] = Counter()
    figures = Figures("mixed")
    with plant(folder, mqtt=_KEEP_ALIVE) as scene:
        mishaps = _Mishaps(scene.daemon, scene.broker, rng).all
        scene.speak()
        for n in range(count):
            time.sleep(rng.uniform(0.0, 0.5))
            name = rng.choice([*mishaps]) if n >= len(mishaps) else [*mishaps][n]
            happened[name] += 1
            mishaps[name]()
        for name, times in happened.items():
            figures[name] = times
        scene.judge(figures)
    return figures
