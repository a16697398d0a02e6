"""Which topic filters we want, and which of them the broker granted."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

log = logging.getLogger("streamrnn.mqtt")

_ONLY_LIVE_READINGS: Final = SubscribeOptions.RETAIN_DO_NOT_SEND
_STORED_TOO: Final = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE


class Subscriptions:
    """`want` and `retry_refused` are called from any thread; the rest from the network thread."""

    def __init__(self, echo: str) -> None:
        """echo: the topic on which we want to hear ourselves. We can do without."""
        self._echo = echo
        self._wanted: dict[str, int] = {}  # replaced as a whole, never changed
        self.stale = True  # something to ask for: wants or connection have changed
        self._sent: dict[str, int] = {}  # asked for on this connection
        self._granted: dict[str, int] = {}  # same keys and values once the broker agreed
        self._in_session: set[str] = set()  # what the broker's session may hold from us
        self._subscribing: dict[int, dict[str, int]] = {}  # by packet id
        self._unsubscribing: dict[int, list[str]] = {}
        self.refused: dict[str, str] = {}  # filter -> the broker's reason
        self._retrying = False

    def want(self, filters: Iterable[tuple[str, int]]) -> None:
        """Replace what is wanted. Pairs of topic filter and QoS (0 or 1)."""
        self._wanted = dict(filters)
        self.stale = True

    def retry_refused(self) -> None:
        """Ask again for what was refused; if it still is, that is reported again."""
        self._retrying = True
        self.stale = True

    @property
    def complete(self) -> bool:
        """The broker granted, on this connection, everything that is wanted now."""
        return self._granted | {self._echo: 1} == self._wanted | {self._echo: 1}

    @property
    def settled(self) -> bool:
        """The broker has answered everything that was asked on this connection."""
        return not self.stale and not self._subscribing

    def forget_connection(self) -> None:
        """A new connection: subscribe to everything again, whatever the session may hold."""
        self.stale = True
        self._sent.clear()
        self._granted = {}
        self._subscribing.clear()
        self._unsubscribing.clear()

    def synchronise(self, client: Client) -> None:
        """Ask for what is wanted and not yet asked for; end what is no longer wanted."""
        self.stale = False  # before looking: a change from now on counts as a new one
        if self._retrying:
            self._retrying = False
            for topic_filter in self.refused:
                self._sent.pop(topic_filter, None)
            self.refused = {}
        wanted = self._wanted
        leaving = {f for filters in self._unsubscribing.values() for f in filters}
        gone = sorted(self._in_session - wanted.keys() - leaving)
        if gone:
            _, packet_id = client.unsubscribe(gone)
            if packet_id is not None:
                self._unsubscribing[packet_id] = gone
            for topic_filter in gone:
                self._sent.pop(topic_filter, None)
                self.refused.pop(topic_filter, None)
            self._granted = {f: q for f, q in self._granted.items() if f in wanted}
        new = {f: q for f, q in wanted.items() if self._sent.get(f) != q}
        if new:
            _, packet_id = client.subscribe(_with_options(new, client.protocol, self._echo))
            if packet_id is not None:
                self._subscribing[packet_id] = new
            self._sent |= new
            self._in_session |= new.keys()

    def on_subscribed(self, packet_id: int, codes: list[ReasonCode]) -> None:
        """SUBACK: one code per filter, in the order asked."""
        asked = self._subscribing.pop(packet_id, {})
        granted = dict(self._granted)
        for (topic_filter, qos), code in zip(asked.items(), codes, strict=False):
            if code.is_failure:
                self._refuse(topic_filter, str(code))
            else:
                if code.value < qos:
                    _report_lower_qos(topic_filter, qos, code.value)
                granted[topic_filter] = qos
                self.refused.pop(topic_filter, None)
        self._granted = granted

    def on_unsubscribed(self, packet_id: int) -> None:
        gone = self._unsubscribing.pop(packet_id, [])
        self._in_session -= set(gone) - self._sent.keys()

    def _refuse(self, topic_filter: str, reason: str) -> None:
        if self.refused.get(topic_filter) != reason:
            self.refused[topic_filter] = reason
            log.error(
                "subscription_refused",
                extra={
                    "data": {
                        "filter": topic_filter,
                        "reason": reason,
                        "remedy": "allow our user to read this topic in the broker's access rules",
                    }
                },
            )


def _report_lower_qos(topic_filter: str, wanted: int, granted: int) -> None:
    data = {
        "filter": topic_filter,
        "wanted": wanted,
        "granted": granted,
        "remedy": "readings may be lost on the way: allow QoS 1 in the broker",
    }
    log.warning("qos_lowered", extra={"data": data})


def _describes(topic_filter: str) -> bool:
    """Whether descriptions of devices are to be had there, not readings: see `Ingest`."""
    return topic_filter.rpartition("/")[2].startswith("$")


def _with_options(
    filters: dict[str, int], version: MQTTProtocolVersion, echo: str
) -> list[tuple[str, int]] | list[tuple[str, SubscribeOptions]]:
    if version is not MQTTProtocolVersion.MQTTv5:
        return list(filters.items())
    return [
        (
            topic_filter,
            SubscribeOptions(
                qos=qos,
                # Not our own publications, however wide the filter. Forbidden on shared ones.
                noLocal=not topic_filter.startswith("$share/") and topic_filter != echo,
                retainHandling=_STORED_TOO if _describes(topic_filter) else _ONLY_LIVE_READINGS,
            ),
        )
        for topic_filter, qos in filters.items()
    ]
