"""One connection to the broker, from CONNECT to its end."""

from __future__ import annotations

import logging
import select
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from streamrnn.config import MqttConfig
from streamrnn.service.mqtt.broker_limits import shortcomings
from streamrnn.service.mqtt.callbacks import call_back
from streamrnn.service.mqtt.connect_options import CONNECT_SECONDS, connect
from streamrnn.service.mqtt.exchange import Exchange
from streamrnn.service.mqtt.history import History
from streamrnn.service.mqtt.read_ahead import ReadAheadClient
from streamrnn.service.mqtt.receiver import Receiver
from streamrnn.service.mqtt.reconnect import Ended, Ending
from streamrnn.service.mqtt.remedies import of_error, reason_of
from streamrnn.service.mqtt.sender import Sender

log = logging.getLogger("streamrnn.mqtt")

_TICK_SECONDS: Final = 1.0  # how often keep-alive and deadlines are looked at
_PAUSE_SECONDS: Final = 0.02  # between looks whether a full inbox has room again
_FAREWELL_SECONDS: Final = 0.5  # kept of the time to stop, for "offline" and DISCONNECT
_PASSING_REFUSALS: Final = frozenset(
    {"Server unavailable", "Server busy", "Use another server", "Server moved"}
    | {"Quota exceeded", "Connection rate exceeded", "Unspecified error"}
)


class Connection:
    """Drives one paho client; `run` lives on the network thread and is called once.

    All calls into paho come from this thread, and paho writes only in `loop_write`: with
    `on_socket_register_write` set, its other calls just queue packets.
    """

    def __init__(
        self,
        client: ReadAheadClient,
        config: MqttConfig,
        epoch: int,
        exchange: Exchange,
        history: History,
        *,
        availability_topic: str,
        clock: Callable[[], float],
    ) -> None:
        self.epoch: Final = epoch
        self.established = False
        self._progress_at = time.monotonic()
        self._client = client
        self._config = config
        self._receiver = Receiver(client, epoch, exchange, clock)
        self._history = history
        self._sender = Sender(client, exchange.publish_queue, availability_topic)
        self._subscriptions = exchange.subscriptions
        self._canary = exchange.canary
        self._queue = exchange.publish_queue
        self._wakeup = exchange.wakeup
        self._established_at = 0.0  # monotonic
        self._stop_by: float | None = None  # monotonic
        self._saying_farewell = False
        self._ended: Ended | None = None
        self._detail = "connection closed"
        call_back(
            client,
            connected=self._on_connect,
            disconnected=self._on_disconnect,
            subscribed=self._subscriptions.on_subscribed,
        )
        client.on_unsubscribe = self._on_unsubscribe
        client.on_socket_register_write = _leave_writing_to_us

    def stop_by(self, deadline: float) -> None:
        """From any thread: publish what waits, say goodbye and end, by then (monotonic)."""
        self._stop_by = deadline
        self._wakeup.ring()

    @property
    def silent_seconds(self) -> float:
        """Since the network thread last went round: about one, or up to 10 while it connects."""
        return time.monotonic() - self._progress_at

    def give_up(self) -> None:
        """From any thread: ours is stuck. Ends the connection under it, so that it comes loose if
        it can, and takes from it what was not confirmed."""
        self._receiver.given_up = True
        self._end(Ending.BROKEN, "the network thread hung")
        self._sender.give_back()
        sock: Any = self._client.socket()
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def run(self) -> Ended:
        """Connect, and serve until the connection ends."""
        try:
            connect(self._client, self._config)
            self._serve()
        except OSError as error:
            self._detail = reason_of(error)
            if self._client.socket() is None:
                distrusted = isinstance(error, ssl.SSLCertVerificationError)
                how = Ending.REFUSED if distrusted else Ending.UNREACHABLE
                self._end(how, self._detail, of_error(error, self._config))
        except Exception as error:
            log.exception("network_thread_error", extra={"data": {"epoch": self.epoch}})
            self._end(Ending.BROKEN, f"{type(error).__name__}: {error}")
        finally:
            self._close()
        return self._outcome()

    def _serve(self) -> None:
        poller = select.poll()
        poller.register(self._wakeup.fd, select.POLLIN)
        answer_by = time.monotonic() + CONNECT_SECONDS
        while (sock := self._client.socket()) is not None and self._ended is None:
            self._write()
            if self._client.socket() is None:
                return
            wants_write = self._receiver.pending or self._client.want_write()
            wants_read = not self._receiver.is_full
            poller.register(sock, select.POLLIN * wants_read | select.POLLOUT * wants_write)
            for fd, _ in poller.poll(self._wait_ms(sock)):
                if fd == self._wakeup.fd:
                    self._wakeup.clear()
            if self._receiver.read_burst() is MQTTErrorCode.MQTT_ERR_PROTOCOL:
                self._end(Ending.BROKEN, "the broker sent a malformed or unexpected packet")
            elif self._receiver.half_packet_seconds() > self._config.keepalive:
                self._end(Ending.BROKEN, "the broker sent a packet without an end")
            self._client.loop_misc()
            self._progress_at = time.monotonic()
            if self._stop_by is not None:
                self._wind_down(self._stop_by)
            elif not self.established and time.monotonic() > answer_by:
                self._end(Ending.NO_ANSWER, f"no answer to CONNECT in {CONNECT_SECONDS:.0f} s")

    def _wait_ms(self, sock: Any) -> float:
        """How long poll may wait. Bytes that were read ahead, or decrypted, it cannot see."""
        if self.established and self._sender.can_send:
            return 0
        if self._receiver.is_full:
            return 1000 * _PAUSE_SECONDS
        if self._client.has_more or (isinstance(sock, ssl.SSLSocket) and sock.pending()):
            return 0
        return 1000 * (_TICK_SECONDS if self._stop_by is None else _FAREWELL_SECONDS / 5)

    def _write(self) -> None:
        """Acknowledgements, subscriptions, publications. Packets never interleave: each writer
        goes on only when the other has no half-written packet."""
        self._receiver.collect_pubacks()
        if self.established:
            if self._subscriptions.stale:
                self._subscriptions.synchronise(self._client)
            elif self._subscriptions.settled:
                self._sing()
            if not self._saying_farewell:
                self._sender.pump()
        if self._client.want_write() and not self._receiver.cut:
            self._client.loop_write()
        if not self._client.want_write():
            self._receiver.write_pubacks()

    def _sing(self) -> None:
        song = self._canary.sing(time.monotonic())
        if song is not None:
            self._queue.put(song)

    def _wind_down(self, deadline: float) -> None:
        """Publish what waits, then "offline", then DISCONNECT, one step per call."""
        now = time.monotonic()
        if not self.established or now > deadline:
            self._end(Ending.STOPPED, "stopped")
        elif not self._saying_farewell:
            if self._sender.idle or now > deadline - _FAREWELL_SECONDS:
                self._saying_farewell = True
                self._sender.announce(b"offline")
        elif self._sender.announced and not self._receiver.pending:
            self._client.disconnect()
            self._client.loop_write()
            self._end(Ending.STOPPED, "stopped")

    def _close(self) -> None:
        self.established = False
        self._subscriptions.forget_connection()
        self._sender.give_back()
        sock = self._client.socket()
        if sock is not None:
            sock.close()

    def _end(self, how: Ending, detail: str, remedy: str = "") -> None:
        """The first cause counts; others follow from it."""
        if self._ended is None:
            self._ended = Ended(how, detail, remedy=remedy)

    def _outcome(self) -> Ended:
        if self._established_at:
            up = time.monotonic() - self._established_at
            return (self._ended or Ended(Ending.LOST, self._detail))._replace(seconds_up=up)
        return self._ended or Ended(Ending.NO_ANSWER, self._detail)

    def _on_connect(
        self, code: ReasonCode, flags: ConnectFlags, properties: Properties | None
    ) -> None:
        if code.is_failure:
            reason = str(code)
            if reason == "Unsupported protocol version":
                self._end(Ending.UNSUPPORTED_PROTOCOL, reason)
            elif reason in _PASSING_REFUSALS:
                self._end(Ending.UNREACHABLE, reason)
            else:
                self._end(Ending.REFUSED, reason)
            return
        self.established = True
        self._established_at = time.monotonic()
        if properties is not None:
            self._sender.obey(properties)
            self._history.falls_short(shortcomings(self._config, properties))
        version = "5" if self._client.protocol is MQTTProtocolVersion.MQTTv5 else "3.1.1"
        self._sender.announce(b"online")
        self._history.connected(version, self.epoch, flags.session_present)

    def _on_disconnect(self, code: ReasonCode) -> None:
        self._detail = str(code)

    def _on_unsubscribe(
        self,
        client: Client,
        userdata: Any,
        packet_id: int,
        codes: list[ReasonCode],
        properties: Properties | None,
    ) -> None:
        self._subscriptions.on_unsubscribed(packet_id)


def _leave_writing_to_us(client: Client, userdata: Any, sock: Any) -> None:
    """That this callback exists is what keeps paho from writing by itself."""
