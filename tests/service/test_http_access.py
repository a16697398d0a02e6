"""Who gets an answer from the HTTP port: tokens, names, TLS."""

from __future__ import annotations

import logging
import socket
import ssl
from pathlib import Path

import httpx
import pytest

from streamrnn.config import HttpConfig
from streamrnn.errors import ConfigError
from streamrnn.service.health import Health
from streamrnn.service.http import HttpServer
from streamrnn.service.http.guards import SECURITY_HEADERS
from streamrnn.service.metrics import metrics_registry
from tests.mosquitto import Certificates
from tests.service.fleet_snapshots import plant
from tests.service.http_serving import Clock, connection, serving

TOKEN = "correct-horse-battery-staple"
GUARDED = ["/", "/page.js", "/metrics", "/api/overview", "/api/streams", "/no-such-page"]
WRONG = [
    "",
    "Bearer",
    f"Bearer {TOKEN[:-1]}",
    f"Bearer {TOKEN}x",
    TOKEN,
    f"Digest {TOKEN}",
    "Basic !!!",
    "Basic OmZvbw==",
    "Bearer \u00fc" + TOKEN,
]


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    return file


def server(config: HttpConfig) -> HttpServer:
    health = Health(Clock(), [])
    return HttpServer(config, metrics_registry(plant, health), health, plant)


def test_whoever_shows_the_token_is_answered(token_file: Path) -> None:
    with serving(token_file=token_file) as client:
        for path in GUARDED[:-1]:
            for scheme in ("Bearer", "bearer"):
                headers = {"authorization": f"{scheme} {TOKEN}"}
                assert client.get(path, headers=headers).status_code == 200


def test_a_browser_may_show_it_as_the_password_of_any_user(token_file: Path) -> None:
    with serving(token_file=token_file) as client:
        answer = client.get("/")
        assert 'Basic realm="streamrnn"' in answer.headers["www-authenticate"]
        for user in ("", "anybody"):
            assert client.get("/api/overview", auth=(user, TOKEN)).status_code == 200
        assert client.get("/api/overview", auth=(TOKEN, "")).status_code == 401


def test_nobody_else_is(token_file: Path) -> None:
    with serving(token_file=token_file) as client:
        for path in GUARDED:
            for offered in WRONG:
                headers = {"authorization": offered.encode()} if offered else {}
                answer = client.get(path, headers=headers)
                assert answer.status_code == 401, (path, offered)
                assert "freezer" not in answer.text
                assert TOKEN not in answer.text
                assert answer.headers.items() >= SECURITY_HEADERS.items()


def test_without_the_token_health_is_told_by_the_status_alone(token_file: Path) -> None:
    health = Health(Clock(), ["connected"])
    with serving(health=health, token_file=token_file) as client:
        for path, status in (("/healthz", 200), ("/readyz", 503)):
            answer = client.get(path)
            assert (answer.status_code, answer.content) == (status, b"")
        known = client.get("/readyz", headers={"authorization": f"Bearer {TOKEN}"})
        assert known.json()["problems"] == {"connected": "not yet"}


@pytest.mark.parametrize(
    "text", ["", "\n", "short\n", f"\n{TOKEN}", "täglich-grüßt-das-murmeltier"]
)
def test_a_token_that_could_be_guessed_is_refused_without_showing_it(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "token"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"http\.token_file = ") as refused:
        server(HttpConfig(port=0, token_file=file)).start()
    assert "short" not in str(refused.value)
    assert "murmel" not in str(refused.value)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "LOCALHOST:80", "[::1]:8095", "192.0.2.7:80", "gateway", "a.localhost"]
)
def test_a_name_that_no_stranger_can_own_is_answered(host: str) -> None:
    with serving() as client:
        assert client.get("/api/overview", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["rebound.example.com", "127.0.0.1.example.com:80", "localhost.", "a@b.example", "[::1"]
)
def test_a_page_from_elsewhere_cannot_read_through_a_name_of_its_own(host: str) -> None:
    with serving() as client:
        answer = client.get("/api/overview", headers={"host": host})
        assert answer.status_code == 421
        assert "http.token_file" in answer.text


def test_with_a_token_any_name_will_do(token_file: Path) -> None:
    with serving(token_file=token_file) as client:
        headers = {"host": "gateway.example.com", "authorization": f"Bearer {TOKEN}"}
        assert client.get("/metrics", headers=headers).status_code == 200


def trusting(certificates: Certificates) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificates.authority)


def own(certificates: Certificates) -> dict[str, Path]:
    return {"cert_file": certificates.server, "key_file": certificates.server_key}


def test_with_a_certificate_everything_goes_over_tls(certificates: Certificates) -> None:
    with serving(trust=trusting(certificates), **own(certificates)) as client:
        assert client.get("/metrics").status_code == 200
        assert client.get("/healthz").json()["ok"]
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{client.base_url.port}/metrics")


def test_tls_below_1_2_is_refused(certificates: Certificates) -> None:
    old = trusting(certificates)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with serving(trust=trusting(certificates), **own(certificates)) as client:
        with connection(client) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
            old.wrap_socket(plain, server_hostname="localhost")
        assert client.get("/healthz").status_code == 200


def test_a_key_that_is_not_the_certificates_is_refused(certificates: Certificates) -> None:
    config = HttpConfig(port=0, cert_file=certificates.server, key_file=certificates.client_key)
    with pytest.raises(ConfigError, match=r"http\.cert_file = .*, http\.key_file = .*: must be"):
        server(config).start()


@pytest.mark.parametrize(
    ("protected_by", "said"),
    [
        (set(), "can read every stream"),
        ({"token"}, "can be overheard"),
        ({"tls"}, "can read every stream"),
        ({"token", "tls"}, None),
    ],
    ids=["open", "token", "tls", "both"],
)
def test_a_port_that_is_open_to_the_network_says_what_it_lacks(
    token_file: Path,
    certificates: Certificates,
    caplog: pytest.LogCaptureFixture,
    protected_by: set[str],
    said: str | None,
) -> None:
    settings = {"token_file": token_file} if "token" in protected_by else {}
    settings |= own(certificates) if "tls" in protected_by else {}
    opened = server(HttpConfig(host="0.0.0.0", port=0, **settings))
    with caplog.at_level(logging.WARNING, "streamrnn"):
        opened.start()
        opened.stop()
    problems = [r.__dict__["data"]["problem"] for r in caplog.records]
    assert [said in problem for problem in problems] == ([] if said is None else [True])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "localhost"])
def test_a_port_of_this_machine_alone_needs_no_warning(
    caplog: pytest.LogCaptureFixture, host: str
) -> None:
    opened = server(HttpConfig(host=host, port=0))
    with caplog.at_level(logging.WARNING, "streamrnn"):
        opened.start()
        opened.stop()
    assert not caplog.records


def test_by_default_only_this_machine_reaches_the_port() -> None:
    assert HttpConfig().this_machine_only
    with serving() as client:
        port = client.base_url.port or 0
        with socket.create_server(("127.0.0.2", port)):  # taken if we listened on every address
            pass
