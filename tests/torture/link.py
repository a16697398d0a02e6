"""A bad network between daemon and broker: cut in the middle of packets, half open, slow. Readings
carry no time stamp, so that one that is applied twice cannot be told from two; their number per
stream must come out exact."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from streamrnn.detect import Bank
from tests.mosquitto import Mosquitto
from tests.torture.figures import Figures
from tests.torture.nursery import Nursery
from tests.torture.plant import drain
from tests.torture.rounds import DETECTOR, STREAMS, Reading
from tests.torture.sender import BROKER_SETTINGS, Sender
from tests.torture.victim import victim

_PER_SECOND = 1000.0
_FEWEST_ROUNDS = 20
_CHUNK = 4096


class FaultProxy:
    """Passes bytes on, and does to its connections what networks do."""

    def __init__(self, port: int, rng: random.Random) -> None:
        self._target = port
        self._rng = rng
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._frozen = threading.Event()  # half open: nothing passes, nothing is closed
        self._cut_after: int | None = None  # bytes
        self._delay_seconds = 0.0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """At once, both ways."""
        for pair in self._pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def cut_in_a_packet(self) -> None:
        """After so many more bytes, wherever that is."""
        self._cut_after = self._rng.randrange(1, 3000)

    def freeze(self) -> None:
        """What is on its way is lost, and nobody hears of it."""
        self._frozen.set()

    def thaw(self) -> None:
        """The frozen connections are gone for good."""
        self.cut()
        self._frozen.clear()

    def slow_down(self, seconds: float) -> None:
        self._delay_seconds = seconds

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            self._pairs.append((near, far))
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                time.sleep(self._delay_seconds)
                if self._frozen.is_set():
                    continue
                if self._cut_after is not None:
                    data = data[: self._cut_after]
                    self._cut_after -= len(data)
                target.sendall(data)
                if self._cut_after == 0:
                    self._cut_after = None
                    self.cut()
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def round_of(t: int) -> Iterator[Reading]:
    """Without stamps."""
    noise = np.random.default_rng(t).normal(0.0, 1.0, STREAMS)
    for n in range(STREAMS):
        yield Reading(f"plant/{n}", json.dumps(round(20.0 + noise[n], 6)).encode())


def run(folder: Path, count: int, seed: int = 0) -> Figures:
    """count: faults."""
    rng = random.Random(seed)
    broker = Mosquitto(folder / "broker", settings=BROKER_SETTINGS)
    broker.start()
    proxy = FaultProxy(broker.port, rng)
    figures = Figures("bad link")
    try:
        with (
            Nursery() as nursery,
            victim(nursery, folder / "victim", proxy.url, mqtt='keepalive = "1s"') as daemon,
        ):
            daemon.start()
            daemon.wait_ready()
            sender = Sender(broker, round_of, _PER_SECOND)
            for n in range(count):
                _one_fault(proxy, n, rng)
                daemon.wait_until(
                    lambda n=n: daemon.total("streamrnn_reconnects_total") > n, "reconnected"
                )
            proxy.slow_down(0.0)
            rounds = sender.finish(_FEWEST_ROUNDS)
            drain(daemon)
            bank = Bank.from_arrays(DETECTOR, daemon.saved().arrays)
            applied = bank.status().readings
            figures["faults"] = count
            figures["readings"] = rounds * STREAMS
            figures["recognised as redelivered"] = daemon.redelivered
            figures["lost"] = int(np.maximum(rounds - applied, 0).sum())
            figures["applied twice"] = int(np.maximum(applied - rounds, 0).sum())
            assert figures["lost"] == figures["applied twice"] == 0, figures
            return figures
    finally:
        proxy.close()
        broker.stop()


def _one_fault(proxy: FaultProxy, n: int, rng: random.Random) -> None:
    time.sleep(rng.uniform(0.05, 0.5))
    match n % 4:
        case 0:
            proxy.cut()
        case 1 | 2:
            proxy.slow_down(rng.uniform(0.0, 0.01))
            proxy.cut_in_a_packet()
        case 3:
            proxy.freeze()
            time.sleep(rng.uniform(0.5, 4.0))
            proxy.thaw()
