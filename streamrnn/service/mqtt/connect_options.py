"""From the settings to a paho client, ready to connect."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from streamrnn.config import MqttConfig
from streamrnn.errors import ConfigError
from streamrnn.service.mqtt.read_ahead import ReadAheadClient
from streamrnn.service.tls import client_context, show_certificate

CONNECT_SECONDS: Final = 10.0  # for TCP, for TLS, and for the broker's answer to CONNECT
# MQTT allows 256 MB, which paho holds several times over: unacknowledged, a single message of that
# size would end us for want of memory after every restart. The broker keeps larger ones to itself.
_LARGEST_PACKET: Final = 16 * 2**20

_LONGEST_PASSWORD: Final = 65_535  # bytes that MQTT has room for


def build_client(
    config: MqttConfig, client_id: str, will_topic: str, version: MQTTProtocolVersion
) -> ReadAheadClient:
    """A client with its credentials, certificates and Last Will, not yet connected.

    Reads the files anew, so renewed passwords and certificates are used at the next connection.
    Raises ConfigError when one of them cannot be used.
    """
    client = ReadAheadClient(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        # MQTT 5 says it in CONNECT instead, and paho insists on None
        clean_session=None if version is MQTTProtocolVersion.MQTTv5 else False,
        protocol=version,
        reconnect_on_failure=False,
        manual_ack=True,
    )
    identify(client, config)
    client.will_set(will_topic, b"offline", qos=1, retain=True)
    return client


def identify(client: Client, config: MqttConfig) -> None:
    """Give a client what it needs to get in: credentials, certificates, and patience.

    Raises ConfigError when a file cannot be used.
    """
    client.connect_timeout = CONNECT_SECONDS
    if config.user is not None:
        client.username_pw_set(config.user, _password(config.password_file))
    if config.tls:
        client.tls_set_context(_tls_context(config))


def connect(client: Client, config: MqttConfig) -> None:
    """Open the connection and send CONNECT; the session outlives the connection.

    Blocks for the TCP connection and the TLS handshake. Raises OSError when either fails.
    """
    keepalive = int(config.keepalive)
    if client.protocol is MQTTProtocolVersion.MQTTv5:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = int(config.session_expiry)
        properties.ReceiveMaximum = config.receive_maximum
        properties.MaximumPacketSize = _LARGEST_PACKET
        code = client.connect(
            config.host, config.port, keepalive, clean_start=False, properties=properties
        )
    else:
        code = client.connect(config.host, config.port, keepalive)
    if code is not MQTTErrorCode.MQTT_ERR_SUCCESS:
        raise ConnectionError(f"connection closed while sending CONNECT ({code.name})")


def _password(file: Path | None) -> str | None:
    """The first line of `file`."""
    if file is None:
        return None
    try:
        password = file.read_text("utf-8").partition("\n")[0].removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            [f"mqtt.password_file = {file}: must be readable text: {error}"]
        ) from error
    if len(password.encode()) > _LONGEST_PASSWORD:
        rule = f"its first line must have at most {_LONGEST_PASSWORD:,} bytes"
        raise ConfigError([f"mqtt.password_file = {file}: {rule}"])
    return password


def _tls_context(config: MqttConfig) -> ssl.SSLContext:
    """Checks the broker's certificate and name, always; TLS 1.2 or newer."""
    context = client_context(config.ca_file, "mqtt.ca_file")
    if config.cert_file is not None:
        show_certificate(context, config.cert_file, config.key_file, "mqtt")
    return context
