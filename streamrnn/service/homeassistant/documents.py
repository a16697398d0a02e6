"""Discovery documents, after https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload

One device per stream, below one for the gateway. Pure.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final, NamedTuple

import msgspec

from streamrnn import __version__
from streamrnn.detect.topics import GatewayTopics
from streamrnn.ingest import Label
from streamrnn.records import Kind

_NOT_IN_IDS: Final = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_SLUG: Final = 60  # the digest behind it tells apart what is cut or replaced
_ATTRIBUTES: Final = ("value", "yhat_lower", "yhat_upper", "since", "message")


class Document(NamedTuple):
    """To be published retained; an empty payload removes the device."""

    topic: str
    payload: bytes


class Describer:
    """What does not change from stream to stream.

    prefix: of Home Assistant's discovery. topics: of the gateway.
    """

    def __init__(self, prefix: str, topics: GatewayTopics) -> None:
        self._prefix = prefix
        self._topics = topics
        self._gateway_id = self._id("")

    def topic(self, stream: str) -> str:
        """Where the stream is described; "" stands for the gateway."""
        return f"{self._prefix}/device/{self._id(stream)}/config"

    def gateway(self) -> Document:
        """The gateway itself: are we connected?"""
        connection = {
            "p": "binary_sensor",
            "name": "Connection",
            "unique_id": f"{self._gateway_id}_connection",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "state_topic": self._topics.availability,
            "payload_on": "online",
            "payload_off": "offline",
        }
        device = {
            "identifiers": [self._gateway_id],
            "name": f"streamrnn {self._topics.gateway}",
            "model": "gateway",
        }
        return self._document("", device, {"connection": connection})

    def stream(self, stream: str, label: Label, *, buttons: bool) -> Document:
        """buttons: whether commands over MQTT are obeyed."""
        stream_id = self._id(stream)
        device = {
            "identifiers": [stream_id],
            "name": stream,
            "model": label.name or "stream",
            "via_device": self._gateway_id,
        }
        components = self._sensors(stream, label.unit) | self._buttons(stream, buttons)
        for name, component in components.items():
            if len(component) > 1:  # not one that says that it is gone
                component["unique_id"] = f"{stream_id}_{name}"
        shared = {"availability_topic": self._topics.availability}
        return self._document(stream, device, components, shared)

    def _sensors(self, stream: str, unit: str) -> dict[str, dict[str, Any]]:
        state = {"state_topic": self._topics.state(stream)}
        attributes = ", ".join(f"'{name}': value_json.{name}" for name in _ATTRIBUTES)
        return {
            "anomaly": {
                "p": "binary_sensor",
                "name": "Anomaly",
                "device_class": "problem",
                **state,
                "value_template": "{{ value_json.anomaly }}",
                "json_attributes_topic": self._topics.state(stream),
                "json_attributes_template": f"{{{{ {{{attributes}}} | tojson }}}}",
            },
            "score": {
                "p": "sensor",
                "name": "Score",
                "icon": "mdi:chart-bell-curve",
                **state,
                "value_template": "{{ value_json.score }}",
                "state_class": "measurement",
                "suggested_display_precision": 2,
            },
            "expected": {
                "p": "sensor",
                "name": "Expected value",
                "icon": "mdi:chart-timeline-variant",
                **state,
                "value_template": "{{ value_json.yhat }}",
                "state_class": "measurement",
                **({"unit_of_measurement": unit} if unit else {}),
            },
            "kind": {
                "p": "sensor",
                "name": "Last kind",
                "entity_category": "diagnostic",
                **state,
                "value_template": "{{ value_json.kind or 'none' }}",
                "device_class": "enum",
                "options": [kind.name.lower() for kind in Kind],
            },
        }

    def _buttons(self, stream: str, wanted: bool) -> dict[str, dict[str, Any]]:
        """A component with nothing but its platform removes one announced before; without one it
        does nothing."""
        if not wanted:
            return {"not_an_anomaly": {"p": "button"}, "snooze": {"p": "button"}}
        command = {"p": "button", "command_topic": self._topics.command(stream)}
        return {
            "not_an_anomaly": {
                **command,
                "name": "Not an anomaly",
                "icon": "mdi:check",
                "payload_press": "not_an_anomaly",
            },
            "snooze": {
                **command,
                "name": "Snooze 2 h",
                "icon": "mdi:bell-sleep",
                "payload_press": "snooze 2h",
            },
        }

    def _document(
        self,
        stream: str,
        device: dict[str, Any],
        components: dict[str, dict[str, Any]],
        shared: dict[str, Any] | None = None,
    ) -> Document:
        content = {
            "device": {**device, "manufacturer": "streamrnn", "sw_version": __version__},
            "origin": {"name": "streamrnn", "sw_version": __version__},
            "components": components,
            "qos": 1,
            **(shared or {}),
        }
        return Document(self.topic(stream), msgspec.json.encode(content))

    def _id(self, stream: str) -> str:
        """One level of a topic, of the letters that Home Assistant allows; the same for ever."""
        full = "\0".join((*self._topics, stream))
        digest = hashlib.blake2b(full.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        words = ("streamrnn", self._topics.gateway, stream)
        slug = _NOT_IN_IDS.sub("_", "_".join(word for word in words if word))
        return f"{slug[:_LONGEST_SLUG].strip('_')}_{digest}"
