"""What the broker grants us at CONNECT, held against what nothing-is-lost needs."""

from __future__ import annotations

from typing import Any, NamedTuple

from paho.mqtt.properties import Properties

from streamrnn.config import MqttConfig


class Shortcoming(NamedTuple):
    """wanted, granted: as they stand in the log."""

    what: str
    wanted: Any
    granted: Any
    remedy: str


def shortcomings(config: MqttConfig, connack: Properties) -> list[Shortcoming]:
    """What an MQTT 5 broker said in its CONNACK that costs us readings or alerts. What it does not
    mention it grants; 3.1.1 has no way to tell."""
    found = []
    expiry = getattr(connack, "SessionExpiryInterval", None)
    if expiry is not None and expiry < config.session_expiry:
        found.append(
            Shortcoming(
                "session_expiry",
                int(config.session_expiry),
                expiry,
                "after a longer absence readings are lost: raise the broker's limit "
                "(mosquitto: persistent_client_expiration)",
            )
        )
    if getattr(connack, "MaximumQoS", 2) < 1:
        found.append(
            Shortcoming(
                "qos", 1, 0, "readings and alerts may be lost on the way: allow QoS 1 in the broker"
            )
        )
    if not getattr(connack, "RetainAvailable", 1):
        found.append(
            Shortcoming(
                "retain", 1, 0, "states and availability are not kept: allow retained messages"
            )
        )
    if not getattr(connack, "WildcardSubscriptionAvailable", 1):
        found.append(
            Shortcoming(
                "wildcards", 1, 0, "sources with + or # hear nothing: allow wildcard subscriptions"
            )
        )
    return found
