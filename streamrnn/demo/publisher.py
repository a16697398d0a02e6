"""Publishes the plant over MQTT, in real time, from a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from streamrnn.demo.broker import HOST
from streamrnn.demo.faults import Fault
from streamrnn.demo.playback import Publication
from streamrnn.errors import BrokerError

QOS = 1
# A machine that cannot keep up, or was suspended, gets a slower plant, not a burst of readings:
# the daemon would learn the burst.
_MAX_LAG_SECONDS = 0.5
_FLUSH_SECONDS = 2.0


@dataclass(frozen=True)
class Injection:
    """A fault as it really went out: when its first and its latest reading were published.

    Seconds since 1970, by the clock handed to the publisher.
    """

    fault: Fault
    first_at: float
    last_at: float


class Publisher:
    """Publishes `publications` at `speed` plant seconds per second until they or we end.

    `start` connects and returns; `stop` may be called at any time, waits for the thread, and
    raises what ended it if that was an error.
    """

    def __init__(
        self,
        publications: Iterable[Publication],
        port: int,
        speed: float,
        clock: Callable[[], float] = time.time,
        host: str = HOST,
    ) -> None:
        self._publications = publications
        self._host = host
        self._port = port
        self._speed = speed
        self._clock = clock
        self._stop = threading.Event()
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="plant")
        self._job: Future[None] | None = None
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="streamrnn-demo-plant")
        self._injections: dict[Fault, Injection] = {}
        self._published = 0
        self._plant_time = 0.0

    @property
    def is_running(self) -> bool:
        return self._job is not None and not self._job.done()

    @property
    def plant_time(self) -> float:
        """Plant time of the latest publication, seconds."""
        return self._plant_time

    @property
    def published(self) -> int:
        """Messages handed to the broker's connection so far."""
        return self._published

    def injections(self) -> list[Injection]:
        """The faults begun so far, in order."""
        return list(self._injections.values())

    def start(self) -> None:
        """Raises BrokerError if there is no broker at the port."""
        try:
            self._client.connect(self._host, self._port)
        except OSError as error:
            raise BrokerError(
                f"the plant cannot reach {self._host}:{self._port}: {error.strerror or error}; "
                "is a broker running there?"
            ) from error
        self._client.loop_start()
        self._job = self._threads.submit(self._run)

    def stop(self) -> None:
        self._stop.set()
        if self._job is not None:
            self._job.result()

    def _run(self) -> None:
        handed_over = None
        begun = time.monotonic()
        for publication in self._publications:
            due = begun + publication.at / self._speed
            late = time.monotonic() - due
            if late > _MAX_LAG_SECONDS:
                begun += late
            elif late < 0.0 and self._stop.wait(-late):
                break
            if self._stop.is_set():
                break
            self._note(publication)
            handed_over = self._client.publish(publication.topic, publication.payload, QOS)
            self._published += 1
        if handed_over is not None and self._client.is_connected():
            handed_over.wait_for_publish(_FLUSH_SECONDS)
        self._client.disconnect()
        self._client.loop_stop()

    def _note(self, publication: Publication) -> None:
        self._plant_time = publication.at
        now = self._clock()
        for fault in publication.faults:
            known = self._injections.get(fault)
            first_at = now if known is None else known.first_at
            self._injections[fault] = Injection(fault, first_at, now)
