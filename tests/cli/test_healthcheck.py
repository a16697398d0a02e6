import socket
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from streamrnn.config import HttpConfig
from streamrnn.service.health import Health
from streamrnn.service.http import HttpServer


def never_asked():
    raise AssertionError("a health check reads no snapshot")


@pytest.fixture
def health():
    return Health(lambda: 0.0, ["broker"])


@pytest.fixture
def port(home, health, monkeypatch) -> Iterator[int]:
    """Of the daemon's own HTTP server, where the settings say."""
    server = HttpServer(HttpConfig(port=0), CollectorRegistry(), health, never_asked)
    _, port = server.start()
    monkeypatch.setenv("STREAMRNN_HTTP__PORT", str(port))
    yield port
    server.stop()


def test_a_daemon_that_moves_is_alive(streamrnn, port):
    assert streamrnn("healthcheck") == (0, "alive\n", "")


def test_a_daemon_without_its_broker_is_alive_but_not_ready(streamrnn, port, health):
    health.fail("broker", "connection refused")
    assert streamrnn("healthcheck").code == 0
    assert streamrnn("healthcheck", "--ready") == (1, "", "broker: connection refused\n")
    health.ok("broker")
    assert streamrnn("healthcheck", "--ready") == (0, "ready\n", "")


def test_an_address_that_means_every_network_is_asked_on_this_machine(streamrnn, port, monkeypatch):
    monkeypatch.setenv("STREAMRNN_HTTP__HOST", "0.0.0.0")
    assert streamrnn("healthcheck").code == 0


def test_with_token_and_certificate_it_asks_as_who_may(
    streamrnn, health, certificates, tmp_path, monkeypatch
):
    token_file = tmp_path / "token"
    token_file.write_text("correct-horse-battery-staple")
    files = {
        "token_file": token_file,
        "cert_file": certificates.server,
        "key_file": certificates.server_key,
    }
    server = HttpServer(HttpConfig(port=0, **files), CollectorRegistry(), health, never_asked)
    _, port = server.start()
    for name, value in {"port": port, **files}.items():
        monkeypatch.setenv(f"STREAMRNN_HTTP__{name.upper()}", str(value))
    try:
        health.fail("broker", "connection refused")
        assert streamrnn("healthcheck", "--ready") == (1, "", "broker: connection refused\n")
        monkeypatch.setenv("STREAMRNN_HTTP__CERT_FILE", str(certificates.client))
        code, _, err = streamrnn("healthcheck")
        assert code == 1
        assert "certificate verify failed" in err
    finally:
        server.stop()


def test_a_proxy_is_not_asked_about_this_machine(streamrnn, port, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert streamrnn("healthcheck").code == 0


def test_a_daemon_that_does_not_run_is_exit_code_1(streamrnn, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("STREAMRNN_HTTP__PORT", str(port))
    code, _, err = streamrnn("healthcheck")
    assert code == 1
    assert f"no answer from http://127.0.0.1:{port}/healthz: Connection refused" in err


def test_a_daemon_that_does_not_answer_in_time_is_exit_code_1(streamrnn, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setenv("STREAMRNN_HTTP__PORT", str(deaf.getsockname()[1]))
        code, _, err = streamrnn("healthcheck", "--timeout", "0.1")
    assert code == 1
    assert "timed out" in err


@pytest.mark.parametrize(("name", "value"), [("PORT", "0"), ("ENABLED", "false")])
def test_settings_without_a_known_port_are_refused(streamrnn, monkeypatch, name, value):
    monkeypatch.setenv(f"STREAMRNN_HTTP__{name}", value)
    code, _, err = streamrnn("healthcheck")
    assert code == 2
    assert f"http.{name.lower()} = {value}: must be" in err
