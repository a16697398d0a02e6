"""Settings of the connection to the MQTT broker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, ValidationInfo, field_validator

from streamrnn.config.duration import DAY, SECOND, Duration, Interval
from streamrnn.config.section import PathSetting, Section

_DEFAULT_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_LONGEST_KEEPALIVE_SECONDS: Final = 65_535  # 16 bits in CONNECT
_LONGEST_SESSION_SECONDS: Final = 2**32 - 2  # 32 bits; the highest value means "for ever"
_LONGEST_NAME: Final = 1000  # characters
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")


class MqttConfig(Section):
    """The MQTT broker: where it is, and who we are to it."""

    broker: str = Field(
        default="mqtt://localhost:1883",
        description="Address of the broker: mqtt://host:port, or mqtts://host:port for TLS. "
        "Without a port: 1883, or 8883 for TLS.",
    )
    client_id: str = Field(
        default="",
        max_length=_LONGEST_NAME,
        description="Name of our session at the broker; no other client may use it. "
        'Empty: "streamrnn-" and the name of the gateway.',
    )
    user: str | None = Field(
        default=None,
        min_length=1,
        max_length=_LONGEST_NAME,
        description="User name.",
        examples=["streamrnn"],
    )
    password_file: PathSetting | None = Field(
        default=None,
        description="File whose first line is the password of user.",
        examples=["/etc/streamrnn/password"],
    )
    ca_file: PathSetting | None = Field(
        default=None,
        description="Certificates (PEM) of the authorities to trust, in place of the system's.",
        examples=["/etc/streamrnn/ca.pem"],
    )
    cert_file: PathSetting | None = Field(
        default=None,
        description="Our own certificate (PEM), where the broker asks for one.",
        examples=["/etc/streamrnn/client.pem"],
    )
    key_file: PathSetting | None = Field(
        default=None,
        validate_default=True,
        description="The private key (PEM) of cert_file.",
        examples=["/etc/streamrnn/client.key"],
    )
    protocol: Literal["auto", "5", "3.1.1"] = Field(
        default="auto", description="Version of MQTT. auto: 5, or 3.1.1 where the broker is older."
    )
    keepalive: Interval = Field(
        default=10 * SECOND,
        description="After this silence we ask the broker for a sign of life, after twice of it "
        "connect anew; the broker gives us up after 1.5 times.",
    )
    session_expiry: Duration = Field(
        default=1 * DAY,
        description="How long the broker keeps readings for us while we are away (MQTT 5).",
    )
    queue_size: int = Field(
        default=100_000,
        ge=1,
        description="Messages that may wait between the network and the detector.",
    )
    receive_maximum: int = Field(
        default=1000,
        ge=1,
        le=65_535,
        description="Messages that the broker may send ahead of our acknowledgements (MQTT 5).",
    )

    @property
    def host(self) -> str:
        """The broker's host name or address, IPv6 without brackets."""
        return urlsplit(self.broker).hostname or ""

    @property
    def port(self) -> int:
        url = urlsplit(self.broker)
        return url.port or _DEFAULT_PORTS[url.scheme]

    @property
    def tls(self) -> bool:
        return _uses_tls(self.broker)

    def client_id_for(self, gateway: str) -> str:
        """The client id to connect with: the one set, else one made from the gateway's name."""
        return self.client_id or f"streamrnn-{gateway}"

    @field_validator("broker")
    @classmethod
    def _check_broker(cls, broker: str) -> str:
        url = _split(broker)
        if url.username is not None:
            raise ValueError("must not carry a user or password: use user and password_file")
        if url.scheme not in _DEFAULT_PORTS or not url.hostname or re.search(r"\s", broker):
            raise ValueError("must be mqtt://host:port, or mqtts://host:port for TLS")
        if ":" not in url.hostname and not _is_host_name(url.hostname):
            raise ValueError('must have a host name such as "broker.example.com", or an address')
        if url.path.strip("/") or url.query or url.fragment:
            raise ValueError("must end after the port: topics belong into [[source]]")
        return broker

    @field_validator("client_id", "user")
    @classmethod
    def _check_no_nul(cls, name: str | None) -> str | None:
        if name and "\0" in name:
            raise ValueError("must not contain NUL, which MQTT forbids")
        return name

    @field_validator("password_file")
    @classmethod
    def _check_user_is_set(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if file and "user" in info.data and not info.data["user"]:
            raise ValueError("must come with mqtt.user, whose password it holds")
        return file

    @field_validator("ca_file", "cert_file")
    @classmethod
    def _check_tls_is_used(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if file and not _uses_tls(info.data.get("broker", "mqtts:")):
            raise ValueError("must come with a broker at mqtts://: mqtt:// is not encrypted")
        return file

    @field_validator("key_file")
    @classmethod
    def _check_certificate_and_key(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if "cert_file" in info.data and bool(file) != bool(info.data["cert_file"]):
            raise ValueError("must be set together with mqtt.cert_file")
        return file

    @field_validator("keepalive")
    @classmethod
    def _check_keepalive(cls, seconds: float) -> float:
        if seconds % 1 or seconds > _LONGEST_KEEPALIVE_SECONDS:
            raise ValueError('must be whole seconds from "1s" to "18h"')
        return seconds

    @field_validator("session_expiry")
    @classmethod
    def _check_session_expiry(cls, seconds: float) -> float:
        if seconds % 1 or not 1 <= seconds <= _LONGEST_SESSION_SECONDS:
            raise ValueError('must be whole seconds, at least "1s"')
        return seconds


def _uses_tls(broker: str) -> bool:
    return broker.startswith("mqtts:")


def _is_host_name(host: str) -> bool:
    try:
        ascii_host = host.encode("idna").decode("ascii")  # as the system will look it up
    except UnicodeError:  # a part is empty or has more than 63 letters
        return False
    return _HOST_NAME.fullmatch(ascii_host) is not None


def _split(broker: str) -> SplitResult:
    try:
        url = urlsplit(broker)
        port = url.port
    except ValueError as error:
        raise ValueError("must have a port from 1 to 65535 and a well-formed host") from error
    if port == 0:
        raise ValueError("must have a port from 1 to 65535")
    return url
