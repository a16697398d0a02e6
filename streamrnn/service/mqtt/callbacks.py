"""paho's callbacks, with as much of what paho tells them as we use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

Connected = Callable[[ReasonCode, ConnectFlags, Properties | None], None]
Disconnected = Callable[[ReasonCode], None]
Subscribed = Callable[[int, list[ReasonCode]], None]


def call_back(
    client: Client, *, connected: Connected, disconnected: Disconnected, subscribed: Subscribed
) -> None:
    """connected: CONNACK, a refusal included. subscribed: SUBACK, its packet id, one code per
    filter."""

    def on_connect(
        _: Client, userdata: Any, flags: ConnectFlags, code: ReasonCode, told: Properties | None
    ) -> None:
        connected(code, flags, told)

    def on_disconnect(
        _: Client, userdata: Any, flags: DisconnectFlags, code: ReasonCode, told: Properties | None
    ) -> None:
        disconnected(code)

    def on_subscribe(
        _: Client, userdata: Any, packet_id: int, codes: list[ReasonCode], told: Properties | None
    ) -> None:
        subscribed(packet_id, codes)

    client.on_connect = on_connect
    client.on_disconnect = on_disconnect
    client.on_subscribe = on_subscribe
