"""The [mqtt] section."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from streamrnn.config import MqttConfig


def refusals(**settings: Any) -> dict[str, str]:
    """The setting and the rule of every error."""
    with pytest.raises(ValidationError) as caught:
        MqttConfig.model_validate(settings)
    return {str(error["loc"][0]): error["msg"] for error in caught.value.errors()}


@pytest.mark.parametrize(
    ("broker", "host", "port", "tls"),
    [
        ("mqtt://localhost:1883", "localhost", 1883, False),
        ("mqtt://10.0.0.2", "10.0.0.2", 1883, False),
        ("mqtts://broker.example.com", "broker.example.com", 8883, True),
        ("mqtts://broker.example.com:443/", "broker.example.com", 443, True),
        ("mqtt://[::1]:1884", "::1", 1884, False),
        ("mqtt://my_broker.local.:1884", "my_broker.local.", 1884, False),
        ("mqtt://b\u00fcro.example.com", "b\u00fcro.example.com", 1883, False),
    ],
)
def test_the_address_gives_host_port_and_encryption(
    broker: str, host: str, port: int, tls: bool
) -> None:
    mqtt = MqttConfig(broker=broker)
    assert (mqtt.host, mqtt.port, mqtt.tls) == (host, port, tls)


@pytest.mark.parametrize(
    ("broker", "rule"),
    [
        ("localhost:1883", "must be mqtt://host:port"),
        ("http://localhost", "must be mqtt://host:port"),
        ("mqtt://", "must be mqtt://host:port"),
        ("mqtt://:1883", "must be mqtt://host:port"),
        ("mqtt://my host", "must be mqtt://host:port"),
        ("", "must be mqtt://host:port"),
        ("mqtt://a..b", "must have a host name"),
        ("mqtt://.host", "must have a host name"),
        ("mqtt://host,other", "must have a host name"),
        ("mqtt://ho\0st", "must have a host name"),
        (f"mqtt://{'a' * 64}.example.com", "must have a host name"),
        ("mqtt://host:0", "must have a port from 1 to 65535"),
        ("mqtt://host:65536", "must have a port from 1 to 65535"),
        ("mqtt://host:x", "must have a port from 1 to 65535"),
        ("mqtt://[::1", "well-formed host"),
        ("mqtt://host/sensors", "topics belong into [[source]]"),
        ("mqtt://host?tls=1", "topics belong into [[source]]"),
        ("mqtt://me:secret@host", "use user and password_file"),
        ("mqtt://me@host", "use user and password_file"),
    ],
)
def test_another_address_is_refused_with_the_rule_it_breaks(broker: str, rule: str) -> None:
    assert rule in refusals(broker=broker)["broker"]


def test_the_client_id_is_made_from_the_gateway_unless_it_is_set() -> None:
    assert MqttConfig().client_id_for("boiler") == "streamrnn-boiler"
    assert MqttConfig(client_id="me").client_id_for("boiler") == "me"


def test_a_password_needs_a_user() -> None:
    assert "must come with mqtt.user" in refusals(password_file="p")["password_file"]
    assert MqttConfig(user="me", password_file=Path("p")).password_file == Path("p")


def test_certificates_need_an_encrypted_connection() -> None:
    files = {"ca_file": "ca", "cert_file": "cert", "key_file": "key"}
    found = refusals(broker="mqtt://host", **files)
    assert "must come with a broker at mqtts://" in found["ca_file"]
    assert "must come with a broker at mqtts://" in found["cert_file"]
    assert MqttConfig.model_validate({"broker": "mqtts://host", **files}).ca_file == Path("ca")


@pytest.mark.parametrize("given", ["cert_file", "key_file"])
def test_a_certificate_and_its_key_come_together(given: str) -> None:
    found = refusals(broker="mqtts://host", **{given: "x.pem"})
    assert found == {"key_file": "Value error, must be set together with mqtt.cert_file"}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("keepalive", "0s"),
        ("keepalive", "500ms"),
        ("keepalive", "1d"),
        ("session_expiry", "0s"),
        ("session_expiry", "1s1ms"),
        ("protocol", "3.1"),
        ("protocol", 5),
        ("queue_size", 0),
        ("receive_maximum", 0),
        ("receive_maximum", 65_536),
        ("user", ""),
        ("user", "a" * 1001),
        ("user", "a\0b"),
        ("client_id", "a" * 1001),
        ("client_id", "a\0b"),
        ("ca_file", ""),
        ("ca_file", 3),
    ],
)
def test_a_value_out_of_its_bounds_is_refused(setting: str, value: object) -> None:
    assert set(refusals(**{setting: value})) == {setting}
