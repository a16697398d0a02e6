"""The daemon as a whole: a real process, a real broker, real signals."""

from __future__ import annotations

import json
import math
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from tests.mosquitto import Mosquitto, free_port
from tests.service.daemon_process import DaemonProcess
from tests.service.mqtt_peers import Peer

EVENTS = "streamrnn/gw/events"
STREAM = "plant/freezer/value"
WARM = 600
FAULT = "2023-11-14T22:23:20.000Z"  # so many seconds after the first reading

StartDaemon = Callable[..., DaemonProcess]


@pytest.fixture
def daemon_at(tmp_path: Path) -> Iterator[StartDaemon]:
    """Makes daemons, not yet started; all end with the test."""
    with ExitStack() as daemons:

        def make(broker_url: str, *, port: int | None = None) -> DaemonProcess:
            daemon = DaemonProcess(tmp_path, broker_url, port=port)
            daemons.callback(daemon.kill)
            return daemon

        yield make


def publish(peer: Peer, first: int, last: int, *, warmer_by: float = 0.0) -> None:
    """The readings of a freezer, one a second by their own stamps."""
    noise = np.random.default_rng(0).normal(0.0, 0.1, last)
    for t in range(first, last):
        value = math.sin(t / 10) + noise[t] + warmer_by
        peer.publish("plant/freezer", json.dumps({"value": value, "time": 1_700_000_000 + t}))


def events(peer: Peer) -> list[dict[str, object]]:
    return [json.loads(payload) for payload in peer.payloads(EVENTS)]


@pytest.mark.broker
def test_a_fault_is_told_everywhere_and_a_restart_forgets_nothing(
    mosquitto: Mosquitto, daemon_at: StartDaemon
) -> None:
    daemon = daemon_at(mosquitto.url).start()
    daemon.until_ready()
    with Peer(mosquitto, "streamrnn/#") as peer:
        publish(peer, 0, WARM)
        publish(peer, WARM, WARM + 5, warmer_by=9.0)
        daemon.until(lambda: [e for e in events(peer) if e["time"] == FAULT])
        told = next(e for e in events(peer) if e["time"] == FAULT)
        assert (told["type"], told["gateway"], told["stream"]) == ("new", "gw", STREAM)
        assert (told["kind"], told["since"]) == ("out_of_range", FAULT)
        assert str(told["message"]).startswith(f"{STREAM} is ")

        daemon.until(lambda: daemon.metric("streamrnn_readings_total") == WARM + 5)
        assert daemon.metric(f'streamrnn_anomaly_active{{stream="{STREAM}"}}') == 1.0
        opened = sum(e["type"] == "new" for e in events(peer))
        counted = [
            daemon.metric(f'streamrnn_anomalies_total{{kind="{kind}",stream="{STREAM}"}}') or 0.0
            for kind in ("unexpected", "level", "out_of_range")
        ]
        assert sum(counted) == opened
        (retained,) = retained_states(mosquitto)
        assert (retained["anomaly"], retained["since"]) == ("ON", told["since"])

        assert daemon.stop() == 0
        assert peer.payloads("streamrnn/gw/availability")[-1] == b"offline"

        daemon.start()
        daemon.until_ready()
        assert daemon.streams()[STREAM]["warm_up"] == 1.0
        assert daemon.streams()[STREAM]["active"] is True
        peer.publish(f"streamrnn/gw/cmd/{STREAM}", "snooze 2h")
        daemon.until(lambda: events(peer)[-1]["type"] == "end")
        assert events(peer)[-1]["id"] == told["id"]
        (retained,) = retained_states(mosquitto)
        assert retained["anomaly"] == "OFF"


def retained_states(broker: Mosquitto) -> list[dict[str, object]]:
    with Peer(broker, "streamrnn/gw/state/#", "marker") as peer:
        peer.publish("marker", "all that is retained has come before this")
        while not peer.payloads("marker"):
            pass
        return [json.loads(payload) for topic, payload, retained in peer.heard if retained]


@pytest.mark.broker
def test_readings_sent_while_it_was_away_are_not_lost(
    mosquitto: Mosquitto, daemon_at: StartDaemon
) -> None:
    daemon = daemon_at(mosquitto.url).start()
    daemon.until_ready()
    with Peer(mosquitto) as peer:
        publish(peer, 0, 50)
        daemon.until(lambda: daemon.metric("streamrnn_readings_total") == 50)
        assert daemon.stop() == 0
        publish(peer, 50, 80)
        daemon.start()
        daemon.until(lambda: daemon.metric("streamrnn_readings_total") == 30)
        left = daemon.metric(f'streamrnn_value{{stream="{STREAM}"}}')
        assert left is not None


@pytest.mark.broker
def test_sighup_takes_over_new_settings_but_none_that_are_wrong(
    mosquitto: Mosquitto, daemon_at: StartDaemon
) -> None:
    daemon = daemon_at(mosquitto.url).start()
    daemon.until_ready()
    with Peer(mosquitto) as peer:
        publish(peer, 0, 10)
        daemon.until(lambda: daemon.metric("streamrnn_readings_total") == 10)

        daemon.configure(source="hall/#", more='checkpoint_evry = "1s"')
        daemon.signal(signal.SIGHUP)
        daemon.until(lambda: "reload_refused" in daemon.log)
        assert "checkpoint_every" in daemon.log
        publish(peer, 10, 20)
        daemon.until(lambda: daemon.metric("streamrnn_readings_total") == 20)

        daemon.configure(source="hall/#", more='checkpoint_every = "1s"')
        daemon.signal(signal.SIGHUP)
        daemon.until(lambda: "event=reloaded" in daemon.log)
        assert "reload_needs_restart" in daemon.log
        assert "state.checkpoint_every" in daemon.log
        daemon.until_ready()
        peer.publish("hall/door", "1")
        daemon.until(lambda: "hall/door" in daemon.streams())
        assert daemon.metric("streamrnn_readings_total") == 21
    assert daemon.stop() == 0


def test_a_broker_that_is_down_makes_it_not_ready_but_no_less_alive(
    daemon_at: StartDaemon,
) -> None:
    daemon = daemon_at(f"mqtt://127.0.0.1:{free_port()}").start()
    daemon.until(lambda: "event=ready" in daemon.log)
    daemon.until(lambda: "connection_unreachable" in daemon.log)
    assert daemon.get("/healthz")[0] == 200
    status, body = daemon.get("/readyz")
    assert status == 503
    assert set(json.loads(body)["problems"]) >= {"broker", "subscriptions"}
    daemon.signal(signal.SIGINT)
    assert daemon.wait() == 0


def test_a_port_in_use_is_a_mistake_in_the_settings(daemon_at: StartDaemon) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        daemon = daemon_at("mqtt://127.0.0.1:1", port=taken.getsockname()[1]).start()
        assert daemon.wait() == 2
    assert "another program already listens" in daemon.log


def test_a_state_directory_that_cannot_be_made_is_a_mistake_in_the_settings(
    daemon_at: StartDaemon,
) -> None:
    daemon = daemon_at("mqtt://127.0.0.1:1")
    daemon.state.write_text("a file in its place")
    assert daemon.start().wait() == 2
    assert "state.directory" in daemon.log
