"""Passwords, TLS and access rules, against a real mosquitto."""

from __future__ import annotations

import logging
import re
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from streamrnn.config import MqttConfig
from streamrnn.errors import ConfigError
from streamrnn.service.tls import client_context
from tests.conftest import StartMosquitto
from tests.mosquitto import Certificates, Mosquitto
from tests.service.mqtt_peers import Peer, eventually, make_link, running, take_until

pytestmark = pytest.mark.broker

USERS = {"gateway": "secret", "sensor": "other"}


def password_file(folder: Path, text: str) -> Path:
    file = folder / "password"
    file.write_text(text)
    return file


@pytest.mark.parametrize("text", ["secret", "secret\n", "secret\r\n"])
def test_the_password_is_the_first_line_of_its_file(
    start_mosquitto: StartMosquitto, tmp_path: Path, text: str
) -> None:
    broker = start_mosquitto(users=USERS)
    file = password_file(tmp_path, text)
    with running(make_link(broker.url, user="gateway", password_file=file)) as link:
        eventually(lambda: link.subscribed)


def test_a_password_that_mqtt_has_no_room_for_is_an_error_that_says_so(tmp_path: Path) -> None:
    file = password_file(tmp_path, "ä" * 40_000)
    link = make_link("mqtt://127.0.0.1:1", user="gateway", password_file=file)
    with pytest.raises(ConfigError, match="must have at most 65,535 bytes"):
        link.start()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_wrong_password_is_reported_once_with_a_remedy_and_never_shown(
    start_mosquitto: StartMosquitto,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    protocol: str,
) -> None:
    broker = start_mosquitto(users=USERS)
    file = password_file(tmp_path, "not-the-password")
    link = make_link(broker.url, user="gateway", password_file=file, protocol=protocol)
    with caplog.at_level(logging.INFO), running(link):
        eventually(lambda: broker.log.read_text().count("not authorised") >= 3)
        assert not link.connected
        assert "Not authorized" in str(link.problem)
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "connection_refused")
    assert "mqtt.password_file" in record.__dict__["data"]["remedy"]
    assert "not-the-password" not in str(record.__dict__)


def test_a_password_mended_while_running_is_used(
    start_mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    broker = start_mosquitto(users=USERS)
    file = password_file(tmp_path, "wrong")
    with running(make_link(broker.url, user="gateway", password_file=file)) as link:
        eventually(lambda: link.problem is not None)
        file.write_text("secret\n")
        eventually(lambda: link.subscribed)


def test_a_publication_that_the_access_rules_deny_is_given_up_and_counted(
    start_mosquitto: StartMosquitto, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    acl = "user gateway\ntopic read plant/#\ntopic write streamrnn/gw/events\n"
    acl += "topic write streamrnn/gw/availability\ntopic readwrite streamrnn/gw/canary\n"
    broker = start_mosquitto(users=USERS, acl=acl)
    file = password_file(tmp_path, "secret")
    fates: list[bool] = []
    with running(make_link(broker.url, user="gateway", password_file=file)) as link:
        eventually(lambda: link.connected)
        link.publish("streamrnn/gw/state/a", b"1", retain=True, on_done=fates.append)
        link.publish("streamrnn/gw/state/b", b"1", retain=True, on_done=fates.append)
        link.publish("streamrnn/gw/events", b"1", on_done=fates.append)
        eventually(lambda: fates == [False, False, True])
        assert link.publish_queue_dropped == 2
        assert link.reconnects <= 2, "one denial is enough for a branch of topics"
    refusals = [r for r in caplog.records if r.getMessage() == "publish_refused"]
    assert [r.__dict__["data"]["topic"] for r in refusals] == ["streamrnn/gw/state/a"]


def test_a_message_that_would_fill_the_memory_stays_with_the_broker(mosquitto: Mosquitto) -> None:
    with running(make_link(mosquitto.url, protocol="5")) as link:
        eventually(lambda: link.subscribed)
        with Peer(mosquitto) as peer:
            peer.publish("plant/a", "9" * (17 * 2**20))
            peer.publish("plant/a", "1")
        (message,) = take_until(link, 1)
        assert message.payload == b"1"
        assert link.reconnects == 0


def encrypted(
    start_mosquitto: StartMosquitto, certificates: Certificates, *, ask_client: bool = False
) -> Mosquitto:
    return start_mosquitto(tls=certificates.for_broker(ask_client=ask_client))


def test_messages_pass_both_ways_over_tls(
    start_mosquitto: StartMosquitto, certificates: Certificates
) -> None:
    broker = encrypted(start_mosquitto, certificates)
    delivered: list[bool] = []
    with running(make_link(broker.url, ca_file=certificates.authority)) as link:
        link.set_subscriptions([("plant/#", 1)])
        eventually(lambda: link.subscribed)
        with Peer(broker, certificates=certificates) as peer:
            for number in range(300):
                peer.publish("plant/a", str(number))
                link.publish("streamrnn/gw/events", b"1", on_done=delivered.append)
        messages = take_until(link, 300)
        eventually(lambda: len(delivered) == 300)
    assert [int(m.payload) for m in messages] == list(range(300))
    assert all(delivered)


def test_a_certificate_of_an_unknown_authority_is_refused_and_explained(
    start_mosquitto: StartMosquitto,
    certificates: Certificates,
    caplog: pytest.LogCaptureFixture,
) -> None:
    broker = encrypted(start_mosquitto, certificates)
    with running(make_link(broker.url, ca_file=certificates.other_authority)) as link:
        eventually(lambda: link.problem is not None)
        assert "certificate is not trusted" in str(link.problem)
    assert "mqtt.ca_file" in caplog.records[0].__dict__["data"]["remedy"]


def test_a_certificate_for_another_host_is_refused(
    start_mosquitto: StartMosquitto, certificates: Certificates
) -> None:
    broker = encrypted(start_mosquitto, certificates)
    url = f"mqtts://127.0.0.2:{broker.port}"
    link = make_link(url, ca_file=certificates.authority)
    with running(link):
        eventually(lambda: link.problem is not None)
        assert not link.connected


def test_our_own_certificate_is_shown_to_a_broker_that_asks(
    start_mosquitto: StartMosquitto, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    broker = encrypted(start_mosquitto, certificates, ask_client=True)
    files = {"ca_file": certificates.authority}
    with running(make_link(broker.url, **files)) as link:
        eventually(lambda: link.problem is not None)
        assert not link.connected
    assert "mqtt.cert_file" in caplog.records[0].__dict__["data"]["remedy"]
    ours = {"cert_file": certificates.client, "key_file": certificates.client_key}
    with running(make_link(broker.url, **files, **ours)) as link:
        eventually(lambda: link.subscribed)


def test_a_client_certificate_of_an_unknown_authority_is_refused(
    start_mosquitto: StartMosquitto, certificates: Certificates
) -> None:
    broker = encrypted(start_mosquitto, certificates, ask_client=True)
    stranger = {"cert_file": certificates.other_authority, "key_file": certificates.other_key}
    with running(make_link(broker.url, ca_file=certificates.authority, **stranger)) as link:
        eventually(lambda: link.problem is not None)
        assert not link.connected
        eventually(lambda: "verify failed" in broker.log.read_text())


def test_tls_below_1_2_is_not_spoken(certificates: Certificates) -> None:
    old = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    old.load_cert_chain(certificates.server, certificates.server_key)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30.0)
        url = f"mqtts://localhost:{listener.getsockname()[1]}"
        with running(make_link(url, ca_file=certificates.authority)):
            connection, _ = listener.accept()
            with connection, pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
                old.wrap_socket(connection, server_side=True)


def test_an_encrypted_key_is_an_error_and_not_a_question_on_the_terminal(
    certificates: Certificates, tmp_path: Path
) -> None:
    key = tmp_path / "encrypted.key"
    command = ["openssl", "pkey", "-in", str(certificates.client_key), "-out", str(key), "-aes256"]
    subprocess.run([*command, "-passout", "pass:secret"], check=True, capture_output=True)
    link = make_link("mqtts://localhost", cert_file=certificates.client, key_file=key)
    with pytest.raises(ConfigError, match=r"mqtt\.key_file = .*: the key must not be encrypted"):
        link.start()


def test_no_setting_switches_the_check_of_certificates_off() -> None:
    for name in MqttConfig.model_fields:
        assert not re.search("verify|insecure|check|trust|skip", name)
    context = client_context(None, "mqtt.ca_file")
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("setting", ["password_file", "ca_file", "cert_file"])
def test_a_file_that_cannot_be_used_is_an_error_at_the_start(tmp_path: Path, setting: str) -> None:
    missing = tmp_path / "missing"
    settings = {
        "password_file": {"user": "gateway", "password_file": missing},
        "ca_file": {"ca_file": missing},
        "cert_file": {"cert_file": missing, "key_file": missing},
    }[setting]
    link = make_link("mqtts://localhost", **settings)
    with pytest.raises(ConfigError, match=f"mqtt.{setting} = "):
        link.start()
