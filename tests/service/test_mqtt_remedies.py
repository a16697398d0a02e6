"""What the log says to do about a broker that does not have us, and `discover` at once."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from streamrnn.config import MqttConfig
from streamrnn.discover import Listener
from streamrnn.errors import BrokerError
from streamrnn.service.mqtt.reconnect import Ended, Ending
from streamrnn.service.mqtt.remedies import of_ending, of_error, of_refusal, of_silence, reason_of
from tests.conftest import StartMosquitto
from tests.mosquitto import Certificates, free_port
from tests.service.mqtt_peers import eventually, make_link, running

PLAIN = MqttConfig(broker="mqtt://gateway:1883")
OVER_TLS = MqttConfig(broker="mqtts://gateway:8883")


def untrusted(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_code, error.verify_message = code, "some words"
    return error


def tls_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "config", "remedy"),
    [
        (untrusted(18), OVER_TLS, "mqtt.ca_file"),
        (untrusted(10), OVER_TLS, "renew"),
        (untrusted(9), OVER_TLS, "clock"),
        (untrusted(62), OVER_TLS, "not for gateway"),
        (tls_error("WRONG_VERSION_NUMBER"), OVER_TLS, "mqtt://gateway:PORT"),
        (tls_error("TLSV13_ALERT_CERTIFICATE_REQUIRED"), OVER_TLS, "mqtt.cert_file"),
        (tls_error("TLSV1_ALERT_UNKNOWN_CA"), OVER_TLS, "mqtt.cert_file"),
        (tls_error("TLSV1_ALERT_PROTOCOL_VERSION"), OVER_TLS, "TLS 1.2"),
        (ConnectionResetError(104, "reset by peer"), OVER_TLS, "mqtt://gateway:PORT"),
        (ConnectionResetError(104, "reset by peer"), PLAIN, "mqtts://gateway:PORT"),
        (ConnectionRefusedError(111, "Connection refused"), PLAIN, "listener 1883"),
        (TimeoutError("timed out"), PLAIN, "firewall"),
        (OSError(113, "No route to host"), PLAIN, "network up"),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), PLAIN, "no host is called gateway"),
        (socket.gaierror(socket.EAI_AGAIN, "failure"), PLAIN, "no name server"),
    ],
)
def test_each_way_to_miss_a_broker_has_its_remedy(
    error: OSError, config: MqttConfig, remedy: str
) -> None:
    assert remedy in of_error(error, config)
    assert "Errno" not in reason_of(error)


def test_a_name_of_mdns_may_be_unknown_where_its_address_is_not() -> None:
    config = MqttConfig(broker="mqtt://homeassistant.local")
    assert "mDNS" in of_error(socket.gaierror(socket.EAI_NONAME, "unknown"), config)


@pytest.mark.parametrize("how", [ending for ending in Ending if ending is not Ending.STOPPED])
@pytest.mark.parametrize("seconds_up", [0.0, 1.0, 100.0])
@pytest.mark.parametrize("detail", ["", "Not authorized", "something unheard of"])
def test_no_ending_is_without_a_remedy(how: Ending, seconds_up: float, detail: str) -> None:
    assert len(of_ending(Ended(how, detail, seconds_up), PLAIN)) > 20


def test_what_is_known_in_place_counts_more_than_how_it_ended() -> None:
    assert of_ending(Ended(Ending.REFUSED, "a file", remedy="mend the file"), PLAIN) == (
        "mend the file"
    )


def test_a_refusal_names_the_settings_that_would_let_us_in() -> None:
    assert "mqtt.password_file" in of_refusal("Not authorized")
    assert "broker's log" in of_refusal("something unheard of")


def test_who_hangs_up_without_tls_may_want_tls_and_with_it_a_certificate() -> None:
    assert "mqtts://gateway:PORT" in of_silence(PLAIN)
    assert "mqtt.cert_file" in of_silence(OVER_TLS)


def test_who_hangs_up_at_once_may_deny_a_topic_or_know_another_by_our_name() -> None:
    lost = Ended(Ending.LOST, "Unspecified error", seconds_up=1.0)
    assert "topics that it denies" in of_ending(lost, PLAIN)
    assert "gateway.name" in of_ending(lost, PLAIN)
    assert "gateway.name" in of_ending(lost._replace(seconds_up=60.0), PLAIN)


@pytest.mark.broker
@pytest.mark.parametrize(
    ("broker_of", "url", "event", "remedy"),
    [
        ("nobody", "mqtt://127.0.0.1:{port}", "connection_unreachable", "nothing listens there"),
        ("nobody", "mqtt://nowhere.invalid", "connection_unreachable", "mqtt.broker"),
        ("users", "mqtt://127.0.0.1:{port}", "connection_refused", "mqtt.password_file"),
        ("plain", "mqtts://127.0.0.1:{port}", "connection_unreachable", "mqtt://127.0.0.1:PORT"),
        ("tls", "mqtt://127.0.0.1:{port}", "connection_no_answer", "mqtts://127.0.0.1:PORT"),
        ("tls", "mqtts://127.0.0.2:{port}", "connection_unreachable", "nothing listens there"),
        ("other name", "mqtts://localhost:{port}", "connection_refused", "not for localhost"),
        ("stranger", "mqtts://localhost:{port}", "connection_refused", "mqtt.ca_file"),
    ],
)
def test_a_real_broker_that_does_not_have_us_is_logged_with_the_remedy(
    start_mosquitto: StartMosquitto,
    certificates: Certificates,
    caplog: pytest.LogCaptureFixture,
    broker_of: str,
    url: str,
    event: str,
    remedy: str,
) -> None:
    tls = certificates.for_broker()
    ours = {"certfile": certificates.client, "keyfile": certificates.client_key}
    strange = {"certfile": certificates.other_authority, "keyfile": certificates.other_key}
    brokers: dict[str, dict[str, Any]] = {
        "plain": {},
        "users": {"users": {"gateway": "secret"}},
        "tls": {"tls": tls},
        "other name": {"tls": tls | ours},
        "stranger": {"tls": tls | strange},
    }
    port = free_port() if broker_of == "nobody" else start_mosquitto(**brokers[broker_of]).port
    files = {"ca_file": certificates.authority} if url.startswith("mqtts") else {}
    with running(make_link(url.format(port=port), **files)) as link:
        eventually(lambda: link.problem is not None)
        eventually(lambda: caplog.records)
    assert remedy in str(link.problem)
    record = caplog.records[0]
    assert record.getMessage() == event
    assert remedy in record.__dict__["data"]["remedy"]
    assert record.levelno >= logging.WARNING


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
