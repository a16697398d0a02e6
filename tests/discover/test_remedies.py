from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from streamrnn.config import MqttConfig
from streamrnn.discover import Listener
from streamrnn.discover.remedies import of_error, of_refusal, of_silence
from streamrnn.errors import BrokerError

PLAIN = MqttConfig(broker="mqtt://gateway:1883")
OVER_TLS = MqttConfig(broker="mqtts://gateway:8883")


def test_a_certificate_that_is_not_trusted_leads_to_its_authority() -> None:
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_message = "self-signed certificate"
    told = of_error(error, OVER_TLS)
    assert "not trusted (self-signed certificate)" in told
    assert "mqtt.ca_file" in told


@pytest.mark.parametrize(
    ("error", "config", "remedy"),
    [
        (ssl.SSLError(1, "wrong version number"), OVER_TLS, "mqtt://gateway:PORT"),
        (ConnectionResetError(104, "reset by peer"), OVER_TLS, "mqtt://gateway:PORT"),
        (ConnectionRefusedError(111, "Connection refused"), PLAIN, "is this its port?"),
        (TimeoutError("timed out"), PLAIN, "firewall"),
        (socket.gaierror(-2, "Name or service not known"), PLAIN, "is the host right?"),
    ],
)
def test_each_way_to_miss_a_broker_has_its_remedy(
    error: OSError, config: MqttConfig, remedy: str
) -> None:
    told = of_error(error, config)
    assert told.startswith(f"{error.strerror or error}: ")
    assert remedy in told
    assert "Errno" not in told


def test_a_refusal_names_the_settings_that_would_let_us_in() -> None:
    assert "mqtt.password_file" in of_refusal("Not authorized")
    assert of_refusal("Banned") == "the broker refuses us: Banned"


def test_who_hangs_up_without_tls_may_want_tls_and_with_it_a_certificate() -> None:
    assert "mqtts://gateway:PORT" in of_silence("Unspecified error", PLAIN)
    assert "mqtt.cert_file" in of_silence("Unspecified error", OVER_TLS)


@contextmanager
def port_that_hangs_up() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            for _ in range(2):  # it is tried in two versions of MQTT
                server.accept()[0].close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        yield server.getsockname()[1]


def test_a_listener_tells_the_remedy() -> None:
    with port_that_hangs_up() as port:
        config = MqttConfig(broker=f"mqtt://127.0.0.1:{port}")
        with (
            pytest.raises(BrokerError, match=r"mqtts://127\.0\.0\.1:PORT"),
            Listener(config, ["#"], lambda: 0.0),
        ):
            pass
