"""The one thread that talks to the broker: connects, serves, and connects again, until stopped."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from paho.mqtt.enums import MQTTProtocolVersion

from streamrnn.config import MqttConfig
from streamrnn.errors import StreamrnnError
from streamrnn.service.mqtt.connect_options import build_client
from streamrnn.service.mqtt.connection import Connection
from streamrnn.service.mqtt.exchange import Exchange
from streamrnn.service.mqtt.history import History
from streamrnn.service.mqtt.read_ahead import ReadAheadClient
from streamrnn.service.mqtt.reconnect import Backoff, Ended, Ending, ProtocolChoice

log = logging.getLogger("streamrnn.mqtt")

_GRACE_SECONDS: Final = 0.5  # for the thread to end after its deadline


class NetworkThread:
    """One connection after the other, each with a client of its own: nothing that paho remembers
    can leak from one into the next.

    `start`, `stop` and `rebuild` belong to one other thread; the rest may be asked from any.
    """

    def __init__(
        self,
        config: MqttConfig,
        client_id: str,
        availability_topic: str,
        exchange: Exchange,
        history: History,
        *,
        backoff: Backoff,
        clock: Callable[[], float],
        patience_seconds: float,
    ) -> None:
        """clock: Unix seconds, for the time of arrival. patience_seconds: before it counts as
        stuck."""
        self._config = config
        self._client_id = client_id
        self._availability_topic = availability_topic
        self._exchange = exchange
        self._history = history
        self._backoff = backoff
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._protocol = ProtocolChoice(config.protocol)
        self._epoch = 0
        self._connection: Connection | None = None
        self._stopping = threading.Event()
        self._thread = self._new_thread()

    def start(self) -> None:
        """Raises ConfigError when a password or certificate file cannot be used."""
        self._build_client()
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """Publish what waits, say "offline" and disconnect, within `timeout` seconds. True when
        the thread has ended."""
        deadline = time.monotonic() + timeout
        self._stopping.set()
        connection = self._connection
        if connection is not None:
            connection.stop_by(deadline)
        if self._thread.ident is not None:
            self._thread.join(max(0.0, deadline - time.monotonic()) + _GRACE_SECONDS)
        ended = not self._thread.is_alive()
        if not ended:
            log.warning("stop_timeout", extra={"data": {"thread": self._thread.name}})
        return ended

    def rebuild(self) -> None:
        """It hangs: leave it behind and go on with another."""
        stuck = self._connection
        self._connection = None
        self._thread = self._new_thread()  # from now on the old one ends as soon as it moves
        if stuck is not None:
            data = {"silent_seconds": round(stuck.silent_seconds, 1)}
            log.error("network_thread_rebuilt", extra={"data": data})
            stuck.give_up()
            self._history.broken += 1
        self._thread.start()

    @property
    def epoch(self) -> int:
        """Of the present connection; 0 while there is none."""
        connection = self._connection
        return 0 if connection is None else connection.epoch

    @property
    def connected(self) -> bool:
        connection = self._connection
        return connection is not None and connection.established

    @property
    def speaks_v5(self) -> bool:
        """On this connection, or the next: MQTT 5, not 3.1.1."""
        return self._protocol.version is MQTTProtocolVersion.MQTTv5

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def stuck(self) -> bool:
        """It has died, or not gone round for so long that it never will."""
        if self._thread.ident is None or self._stopping.is_set():
            return False
        connection = self._connection
        silent = 0.0 if connection is None else connection.silent_seconds
        return not self._thread.is_alive() or silent > self._patience_seconds

    def _new_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name="mqtt", daemon=True)

    def _build_client(self) -> ReadAheadClient:
        return build_client(
            self._config, self._client_id, self._availability_topic, self._protocol.version
        )

    def _run(self) -> None:
        while not self._stopping.is_set():
            ended = self._connect_once()
            if threading.current_thread() is not self._thread:
                return  # given up by `rebuild`
            self._protocol.learn(ended)
            if ended.how is not Ending.STOPPED:
                seconds = self._backoff.after(ended)
                self._history.ended(ended, seconds)
                self._stopping.wait(seconds)

    def _connect_once(self) -> Ended:
        """One connection from beginning to end."""
        try:
            client = self._build_client()
        except StreamrnnError as error:
            remedy = "mend the file: the next attempt reads it anew"
            return Ended(Ending.REFUSED, str(error), remedy=remedy)
        self._epoch += 1
        connection = Connection(
            client,
            self._config,
            self._epoch,
            self._exchange,
            self._history,
            availability_topic=self._availability_topic,
            clock=self._clock,
        )
        self._connection = connection
        if self._stopping.is_set():  # `stop` may have looked before the line above
            return Ended(Ending.STOPPED, "stopped")
        try:
            return connection.run()
        finally:
            if self._connection is connection:  # not given up
                self._connection = None
