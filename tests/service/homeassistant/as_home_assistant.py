"""Reads a discovery document as Home Assistant does, by its published models."""

from __future__ import annotations

import json
import re

from ha_mqtt_models_pydantic import parse_component_payload, parse_device_discovery_payload
from ha_mqtt_models_pydantic.components.common import DeviceDiscoveryPayload

from streamrnn.service.homeassistant.documents import Document

# What Home Assistant subscribes to, from its documentation: letters, digits, _ and - only.
TOPIC = re.compile(r"homeassistant/device/[a-zA-Z0-9_-]+/config")


def checked(document: Document) -> DeviceDiscoveryPayload:
    """As Home Assistant takes it: the whole, then each component by the model of its platform."""
    assert TOPIC.fullmatch(document.topic)
    content = json.loads(document.payload)
    device = parse_device_discovery_payload(content)
    for component in content["components"].values():
        if len(component) == 1:
            continue  # removes what is not there
        assert component["unique_id"]
        shared = {"device": content["device"], "origin": content["origin"], "qos": content["qos"]}
        parse_component_payload(component["p"], shared | component)
    return device
