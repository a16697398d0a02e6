"""Hears a broker for a while: a session of its own, gone with the connection.

Not the daemon's link: that keeps a session at the broker, announces itself, and may be connected
at this very moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from streamrnn.config import MqttConfig
from streamrnn.errors import BrokerError
from streamrnn.records import Message
from streamrnn.service.mqtt import remedies
from streamrnn.service.mqtt.callbacks import call_back
from streamrnn.service.mqtt.connect_options import CONNECT_SECONDS, identify

_VERSIONS: Final = {
    "5": (MQTTProtocolVersion.MQTTv5,),
    "3.1.1": (MQTTProtocolVersion.MQTTv311,),
    "auto": (MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311),
}


class Listener:
    """Subscribed while the `with` block lasts. Entering raises BrokerError or ConfigError.

    clock: time of arrival, Unix seconds.
    """

    def __init__(
        self, config: MqttConfig, filters: Sequence[str], clock: Callable[[], float]
    ) -> None:
        self._config = config
        self._filters = filters
        self._clock = clock
        self._heard: SimpleQueue[Message] = SimpleQueue()
        self._answers: SimpleQueue[str] = SimpleQueue()  # why it did not work; "" when it did
        self._client: Client | None = None

    def __enter__(self) -> Listener:
        problem = ""
        for version in _VERSIONS[self._config.protocol]:
            problem = self._try(version)
            if not problem:
                return self
        raise BrokerError(f"{self._config.broker}: {problem}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def take(self, timeout: float) -> list[Message]:
        """What was heard since the last call; waits for it up to `timeout` seconds."""
        heard: list[Message] = []
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            try:
                heard.append(self._heard.get(timeout=left))
            except Empty:
                break
        return heard

    def _try(self, version: MQTTProtocolVersion) -> str:
        """Connect and subscribe. Returns why it did not work."""
        is_v5 = version is MQTTProtocolVersion.MQTTv5
        self._client = client = Client(
            CallbackAPIVersion.VERSION2,
            clean_session=None if is_v5 else True,
            protocol=version,
            reconnect_on_failure=False,
        )
        answers: SimpleQueue[str] = SimpleQueue()
        self._answers = answers  # its own: an earlier attempt may still say something
        identify(client, self._config)
        call_back(
            client,
            connected=self._on_connect,
            disconnected=self._on_disconnect,
            subscribed=self._on_subscribe,
        )
        client.on_message = self._on_message
        try:
            client.connect(self._config.host, self._config.port, int(self._config.keepalive))
        except OSError as error:
            self._close()
            return f"{remedies.reason_of(error)}: {remedies.of_error(error, self._config)}"
        client.loop_start()
        try:
            problem = answers.get(timeout=CONNECT_SECONDS)
        except Empty:
            silence = f"no answer in {CONNECT_SECONDS:.0f} s"
            problem = f"{silence}: {remedies.of_silence(self._config)}"
        if problem:
            self._close()
        return problem

    def _close(self) -> None:
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._client = None

    def _on_connect(
        self, code: ReasonCode, flags: ConnectFlags, properties: Properties | None
    ) -> None:
        if code.is_failure:
            remedy = remedies.of_refusal(str(code))
            self._answers.put(f"the broker refuses us: {code}: {remedy}")
        elif self._client is not None:
            self._client.subscribe([(topic_filter, 0) for topic_filter in self._filters])

    def _on_disconnect(self, code: ReasonCode) -> None:
        """Before there was another answer, this is one: so ends who does not speak MQTT 5."""
        remedy = remedies.of_silence(self._config)
        self._answers.put(f"the broker hung up ({code}): {remedy}")

    def _on_subscribe(self, packet_id: int, codes: list[ReasonCode]) -> None:
        refused = [
            topic_filter
            for topic_filter, code in zip(self._filters, codes, strict=False)
            if code.is_failure
        ]
        remedy = "let our user read there in its access rules"
        self._answers.put(f"the broker refuses {', '.join(refused)}: {remedy}" if refused else "")

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        self._heard.put(
            Message(
                # Not `message.topic`: it raises where a topic is not UTF-8.
                topic=message._topic.decode("utf-8", "surrogateescape"),
                payload=bytes(message.payload),
                qos=message.qos,
                retain=message.retain,
                dup=message.dup,
                packet_id=message.mid,
                epoch=0,
                received_at=self._clock(),
            )
        )
