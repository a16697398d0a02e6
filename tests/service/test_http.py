"""The HTTP port, asked over real sockets."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from streamrnn.config import HttpConfig
from streamrnn.errors import ConfigError
from streamrnn.service.fleet import FleetSnapshot
from streamrnn.service.health import Health
from streamrnn.service.http import HttpServer
from streamrnn.service.http.guards import SECURITY_HEADERS
from streamrnn.service.metrics import metrics_registry
from tests.service.fleet_snapshots import fleet, plant
from tests.service.http_serving import DEADLINE, Clock, connection, serving

PATHS = ["/", "/page.css", "/page.js", "/chart.js", "/icon.svg", "/metrics", "/healthz"]
PATHS += ["/readyz", "/api/overview", "/api/streams", "/no-such-page"]


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with serving() as client:
        yield client


def test_metrics_are_in_the_text_format(client: httpx.Client) -> None:
    answer = client.get("/metrics", headers={"accept": "application/openmetrics-text"})
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"streamrnn_value", "streamrnn_dropped", "process_cpu_seconds"} <= names


def test_health_and_readiness_are_told_apart() -> None:
    clock = Clock()
    health = Health(clock, ["connected"])
    health.watch("loop", silence_seconds=10)
    with serving(health=health) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"ok": False, "problems": {"connected": "not yet"}}
        health.ok("connected")
        assert client.get("/readyz").json() == {"ok": True, "problems": {}}
        clock.now = 11
        answer = client.get("/healthz")
        assert answer.status_code == 503
        assert answer.json()["problems"].keys() == {"loop"}


def test_streams_can_be_filtered_and_paged(client: httpx.Client) -> None:
    answer = client.get("/api/streams", params={"q": "current", "limit": 1, "offset": 1}).json()
    assert [stream["name"] for stream in answer["streams"]] == ["pump/current"]
    assert (answer["total"], answer["matched"], answer["offset"]) == (4, 2, 1)


def test_the_overview_carries_the_open_anomalies(client: httpx.Client) -> None:
    (anomaly,) = client.get("/api/overview").json()["anomalies"]
    assert anomaly["message"].startswith("freezer/temperature is -9.1")


def test_streams_in_one_state_can_be_asked_for_with_what_was(client: httpx.Client) -> None:
    answer = client.get("/api/streams", params={"state": "anomaly", "trail": 1}).json()
    (stream,) = answer["streams"]
    assert (stream["name"], stream["state"]) == ("freezer/temperature", "anomaly")
    assert isinstance(stream["trail"], list)
    refused = client.get("/api/streams", params={"state": "odd"})
    assert refused.status_code == 400
    assert "must be one of warming, normal, anomaly" in refused.text


@pytest.mark.parametrize("query", ["limit=1001", "limit=-1", "limit=ten", "offset=²", "limit="])
def test_a_bad_page_number_is_refused_with_the_rule(client: httpx.Client, query: str) -> None:
    answer = client.get(f"/api/streams?{query}")
    assert answer.status_code == 400
    assert "must be a whole number from 0 to " in answer.text


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_security_headers(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == (404 if path == "/no-such-page" else 200)
    assert answer.headers.items() >= SECURITY_HEADERS.items()
    assert "server" not in answer.headers


@pytest.mark.parametrize("path", PATHS[:-1])
def test_nothing_can_be_written(client: httpx.Client, path: str) -> None:
    assert client.head(path).status_code == 200
    for method in ("POST", "PUT", "DELETE"):
        assert client.request(method, path).status_code == 405


def test_an_answer_that_fails_is_an_error_page_with_the_same_headers() -> None:
    def broken() -> FleetSnapshot:
        raise OSError("no snapshot")

    with serving(broken) as client:
        answer = client.get("/metrics")
        assert answer.status_code == 500
        assert answer.headers.items() >= SECURITY_HEADERS.items()
        # A new connection: uvicorn closes the one on which an answer failed.
        assert httpx.get(client.base_url.join("/healthz")).status_code == 200


def test_the_page_needs_nothing_from_elsewhere_and_nothing_inline() -> None:
    page = files("streamrnn.service") / "page"
    html = (page / "index.html").read_text()
    scripts = [each.name for each in page.iterdir() if each.name.endswith(".js")]
    assert "page.js" in scripts
    for name in ("index.html", "page.css", *scripts):
        text = (page / name).read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z]+\.|@import|url\(", text), name
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", html)
    for name in scripts:
        assert "innerHTML" not in (page / name).read_text()


def test_each_file_that_the_page_asks_for_is_served(client: httpx.Client) -> None:
    page = files("streamrnn.service") / "page"
    html = (page / "index.html").read_text()
    script = "".join(each.read_text() for each in page.iterdir() if each.name.endswith(".js"))
    wanted = set(re.findall(r'(?:src|href)="([^"]+)"', html)) | set(
        re.findall(r'(?:ask\([`"]|from "\./)([a-z/.]+)', script)
    )
    assert {"page.css", "page.js", "api/overview", "api/streams"} <= wanted
    for path in wanted:
        assert client.get(f"/{path}").status_code == 200, path


def test_silent_clients_do_not_hold_up_a_scrape(client: httpx.Client) -> None:
    with ExitStack() as silent:
        for _ in range(20):
            silent.enter_context(connection(client)).sendall(b"GET /metrics HT")
        assert client.get("/metrics").status_code == 200


def test_a_scrape_that_waits_does_not_hold_up_health() -> None:
    asked, answer = threading.Event(), threading.Event()

    def slow() -> FleetSnapshot:
        asked.set()
        assert answer.wait(DEADLINE)
        return plant()

    with serving(slow) as client:
        scrapes = [threading.Thread(target=client.get, args=["/metrics"]) for _ in range(3)]
        for scrape in scrapes:
            scrape.start()
        assert asked.wait(DEADLINE)
        assert client.get("/healthz").status_code == 200
        answer.set()
        for scrape in scrapes:
            scrape.join(DEADLINE)


@pytest.mark.parametrize("sent", [b"", b"GET /metrics HTTP/1.1\r\nHost: x\r\n"])
def test_a_client_that_never_finishes_asking_is_cut(sent: bytes) -> None:
    with serving(patience_seconds=1) as client, connection(client) as slow:
        slow.sendall(sent)
        with suppress(ConnectionResetError):
            assert slow.recv(1) == b""


def test_a_client_that_does_not_read_its_answer_is_cut() -> None:
    names = [f"{i}".ljust(400, "x") for i in range(4000)]  # 16 MB: more than a socket buffers

    with serving(lambda: fleet(names), patience_seconds=1) as client, connection(client) as deaf:
        deaf.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        give_up_at = time.monotonic() + DEADLINE
        while server_holds(deaf):
            assert time.monotonic() < give_up_at
            time.sleep(0.05)


def server_holds(ours: socket.socket) -> bool:
    """Whether the other end of `ours` is still open. A client that does not read cannot notice."""
    ends = [f":{ours.getpeername()[1]:04X}", f":{ours.getsockname()[1]:04X}"]
    rows = [line.split()[1:4] for line in Path("/proc/net/tcp").read_text().splitlines()]
    return any(
        local.endswith(ends[0]) and remote.endswith(ends[1]) and state == "01"
        for local, remote, state in rows
    )


def test_a_port_in_use_is_refused_with_a_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        health = Health(Clock(), [])
        server = HttpServer(HttpConfig(port=port), metrics_registry(plant, health), health, plant)
        with pytest.raises(ConfigError, match=rf"http\.port = {port}: another program .* choose"):
            server.start()
        server.stop()


def test_an_address_of_another_machine_is_refused_with_a_remedy() -> None:
    config, health = HttpConfig(host="192.0.2.1"), Health(Clock(), [])
    server = HttpServer(config, metrics_registry(plant, health), health, plant)
    with pytest.raises(ConfigError, match=r"http\.host = '192\.0\.2\.1': not an address of this"):
        server.start()


def test_after_the_stop_the_port_is_free() -> None:
    with serving() as client:
        client.get("/healthz")
        port = client.base_url.port or 0
    with socket.create_server(("127.0.0.1", port)):
        pass
