"""The daemon's way to its broker and back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from streamrnn.config import MqttConfig
from streamrnn.records import Message, Reason
from streamrnn.service.mqtt.canary import Canary
from streamrnn.service.mqtt.exchange import Exchange
from streamrnn.service.mqtt.history import History
from streamrnn.service.mqtt.inbox import Inbox
from streamrnn.service.mqtt.network_thread import NetworkThread
from streamrnn.service.mqtt.publish_queue import Outgoing, PublishQueue
from streamrnn.service.mqtt.reconnect import Backoff
from streamrnn.service.mqtt.subscriptions import Subscriptions

_LONGEST_TOPIC_BYTES: Final = 65_535
_WINDOW_OF_3_1_1: Final = 20


class MqttLink:
    """Messages in, messages out, whatever happens to the broker.

        link = MqttLink(config.mqtt, "boiler-house", "streamrnn", backoff=Backoff(rng))
        link.set_subscriptions(ingest.topic_filters())
        link.start()
        while running:
            messages = link.take(1000, timeout=0.2)
            ...
            link.acknowledge(messages)
        link.stop(timeout=5.0)

    Under `<topic_prefix>/<gateway>` it keeps `availability` (online | offline, retained, offline
    as Last Will) and listens to `cmd/#`. Never gives up: a broker that is away is tried again
    with growing pauses, one that refuses us is reported and tried slowly.

    `take` and `acknowledge` belong to one thread, the loop; the rest may be called from any.
    """

    def __init__(
        self,
        config: MqttConfig,
        gateway: str,
        topic_prefix: str,
        *,
        backoff: Backoff,
        clock: Callable[[], float] = time.time,
        publish_queue_size: int = 10_000,
        always: Sequence[str] = (),
        had_session: bool = False,
        patience_seconds: float = 30.0,
    ) -> None:
        """always: topics to listen to besides what `set_subscriptions` is given. had_session: an
        earlier process left one at the broker; if it is gone, so are readings. clock: Unix
        seconds, for the time of arrival. patience_seconds: before a network thread counts as stuck;
        the lookup of a name may take long."""
        self._config = config
        base_topic = f"{topic_prefix}/{gateway}"
        self._own_topics = f"{topic_prefix}/"
        canary = Canary(f"{base_topic}/canary")
        own = (f"{base_topic}/cmd/#", canary.topic)
        self._always = [(topic, 1) for topic in (*always, *own)]
        self._exchange = Exchange(
            Inbox(config.queue_size, reserve=config.receive_maximum),
            PublishQueue(publish_queue_size),
            canary,
            Subscriptions(canary.topic),
        )
        self._history = History(config, had_session=had_session)
        self._network = NetworkThread(
            config,
            config.client_id_for(gateway),
            f"{base_topic}/availability",
            self._exchange,
            self._history,
            backoff=backoff,
            clock=clock,
            patience_seconds=patience_seconds,
        )
        self.set_subscriptions([])

    def start(self) -> None:
        """Begin to connect, in the background; the broker may be down.

        Raises ConfigError when a password or certificate file cannot be used.
        """
        self._network.start()

    def stop(self, timeout: float) -> bool:
        """Publish what waits in the queue, say "offline" and disconnect, within `timeout`
        seconds. What could not be published is given up. True when the thread has ended."""
        ended = self._network.stop(timeout)
        self._exchange.publish_queue.close()
        return ended

    def take(self, max_items: int, timeout: float) -> list[Message]:
        """Up to `max_items` messages in order of arrival, at once when there are any, else the
        first that come within `timeout` seconds, else []."""
        return self._exchange.inbox.take(max_items, timeout)

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tell the broker that these were dealt with; until then it would send them again after a
        reconnect. In the order of `take`. Those of an earlier connection are ignored, as the
        broker sends them again anyway."""
        epoch = self._network.epoch
        packet_ids = [m.packet_id for m in messages if m.qos and m.epoch == epoch]
        if packet_ids:
            self._exchange.applied.append((epoch, packet_ids))
            self._exchange.wakeup.ring()

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        on_done: Callable[[bool], None] | None = None,
    ) -> bool:
        """Queue a message; it waits in memory while there is no connection. See `PublishQueue` for
        what happens when too many wait. False when it was refused.

        on_done(delivered) is called exactly once, usually on the network thread: it must only
        note the fact. Raises ValueError for a topic that cannot be published to or QoS 2.
        """
        if not topic or any(c in topic for c in "+#\0"):
            raise ValueError(f"topic {topic!r}: must be text without +, # and NUL")
        if len(topic.encode()) > _LONGEST_TOPIC_BYTES:
            raise ValueError(f"topic of {len(topic)} letters: must have at most 65535 bytes")
        if qos not in (0, 1):
            raise ValueError(f"qos {qos}: must be 0 or 1")
        accepted = self._exchange.publish_queue.put(Outgoing(topic, payload, qos, retain, on_done))
        self._exchange.wakeup.ring()
        return accepted

    def is_denied(self, topic: str) -> bool:
        """The broker has refused us this topic; until `retry_denied` nothing is sent to it."""
        return self._exchange.publish_queue.is_denied(topic)

    def retry_denied(self) -> None:
        """Publish again to topics that the broker had denied us, and ask again for the filters
        that it refused, after its rules were mended."""
        self._exchange.publish_queue.forget_denials()
        self._exchange.subscriptions.retry_refused()
        self._exchange.canary.retry()
        self._exchange.wakeup.ring()

    def set_subscriptions(self, filters: Iterable[tuple[str, int]]) -> None:
        """Subscribe to these (topic filter, QoS) and our commands, and to nothing else; now or
        with the next connection.

        Raises ValueError for QoS 2, whose handshake would not survive a restart of ours, and for
        filters on our own topics, whose messages would come back to us.
        """
        wanted = list(filters)
        for topic_filter, qos in wanted:
            if qos not in (0, 1):
                raise ValueError(f"qos {qos} of {topic_filter}: must be 0 or 1")
            if topic_filter.startswith(self._own_topics):
                raise ValueError(f"{topic_filter}: must not lie under {self._own_topics}, our own")
        self._exchange.subscriptions.want([*wanted, *self._always])
        self._exchange.wakeup.ring()

    @property
    def session_epoch(self) -> int:
        """The epoch with which the broker's present session for us began; 0 before the first."""
        return self._history.session_epoch

    @property
    def window(self) -> int:
        """How many messages the broker sends ahead of acknowledgements; MQTT 3.1.1 knows no way to
        say so, and brokers' own limits begin at this."""
        if self._network.speaks_v5:
            return self._config.receive_maximum
        return _WINDOW_OF_3_1_1

    @property
    def stopping(self) -> bool:
        """`stop` was called: what is not published now is given up."""
        return self._network.stopping

    @property
    def alive(self) -> bool:
        """The network thread runs."""
        return self._network.alive

    @property
    def stuck(self) -> bool:
        """The network thread has died, or not gone round for so long that it never will."""
        return self._network.stuck

    @property
    def sessions_lost(self) -> int:
        """Times that the broker had forgotten our session, and with it readings."""
        return self._history.sessions_lost

    @property
    def connected(self) -> bool:
        return self._network.connected

    @property
    def subscribed(self) -> bool:
        """The broker has granted every filter that is wanted, on this connection."""
        return self.connected and self._exchange.subscriptions.complete

    @property
    def refused_filters(self) -> dict[str, str]:
        """Topic filters that the broker refused, with its reasons."""
        return dict(self._exchange.subscriptions.refused)

    @property
    def protocol(self) -> str:
        """The version of MQTT in use, or tried next: "5" or "3.1.1"."""
        return "5" if self._network.speaks_v5 else "3.1.1"

    @property
    def problem(self) -> str | None:
        """Why there is no connection, for people; None while there is one."""
        return self._history.problem

    @property
    def reconnects(self) -> int:
        """Successful connections after the first."""
        return max(0, self._history.connections - 1)

    @property
    def rebuilds(self) -> int:
        """Connections that ended by a malformed packet or an exception."""
        return self._history.broken

    @property
    def queue_depth(self) -> int:
        """Messages that wait for `take`."""
        return len(self._exchange.inbox)

    @property
    def publish_queue_depth(self) -> int:
        """Messages that wait to be published."""
        return len(self._exchange.publish_queue)

    @property
    def publish_queue_dropped(self) -> int:
        """Messages given up: refused by a full queue or by the broker, or left over at stop."""
        return self._exchange.publish_queue.dropped

    @property
    def dropped(self) -> Counter[Reason]:
        """Messages that never reached `take`, by reason. Read only."""
        return self._exchange.dropped

    @property
    def last_message_at(self) -> float | None:
        """When the last message came, by the clock."""
        return self._exchange.inbox.last_message_at

    def rebuild(self) -> None:
        """The network thread hangs: leave it behind and go on with another. Belongs to the loop."""
        self._network.rebuild()
