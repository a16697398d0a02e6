"""The daemon as a whole: a real process, a real broker, real signals."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.daemon_process import DaemonProcess, daemon
from tests.mosquitto import Mosquitto, free_port
from tests.service.mqtt_peers import Peer, eventually

STREAM = "plant/freezer/value"
START = 1_700_000_000
WARM = 600
FAULT = "2023-11-14T22:23:20.000Z"  # WARM seconds after START


def settings(broker_url: str, source: str = "plant/#", **state: str) -> str:
    return f"""
        [mqtt]
        broker = "{broker_url}"
        [[source]]
        topic = "{source}"
        [detector]
        warm_up = 60
        [alerts]
        close_after = "20s"
        cooldown = "0s"
        [state]
        {"".join(f'{name} = "{value}"' for name, value in state.items())}
        """


def publish(peer: Peer, first: int, last: int, *, warmer_by: float = 0.0) -> None:
    """The readings of a freezer, one a second by their own stamps."""
    noise = np.random.default_rng(0).normal(0.0, 0.1, last)
    for t in range(first, last):
        value = math.sin(t / 10) + noise[t] + warmer_by
        peer.publish("plant/freezer", json.dumps({"value": value, "time": START + t}))


def wait_for_readings(process: DaemonProcess, count: int) -> None:
    process.wait_until(
        lambda: process.total("streamrnn_readings_total") == count, f"{count} readings"
    )


def wait_for_log(process: DaemonProcess, text: str) -> str:
    process.wait_until(lambda: text in process.log.read_text(), text)
    return process.log.read_text()


def events(peer: Peer) -> list[dict[str, Any]]:
    return [json.loads(payload) for payload in peer.payloads("streamrnn/gw/events")]


def retained_state(broker: Mosquitto) -> dict[str, Any]:
    with Peer(broker, f"streamrnn/gw/state/{STREAM}") as peer:
        eventually(lambda: peer.heard)
        _, payload, is_retained = peer.heard[0]
    assert is_retained
    state: dict[str, Any] = json.loads(payload)
    return state


def row_of(process: DaemonProcess, stream: str) -> dict[str, Any]:
    """Its row in the page's table."""
    rows = json.loads(process.get("/api/streams")[1])["streams"]
    (row,) = (row for row in rows if row["name"] == stream)
    found: dict[str, Any] = row
    return found


@pytest.mark.broker
def test_a_fault_is_told_everywhere_and_a_restart_forgets_nothing(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with daemon(tmp_path, settings(mosquitto.url)) as process:
        process.wait_ready()
        with Peer(mosquitto, "streamrnn/#") as peer:
            publish(peer, 0, WARM)
            publish(peer, WARM, WARM + 5, warmer_by=9.0)
            process.wait_until(lambda: any(e["time"] == FAULT for e in events(peer)), "an event")
            told = next(e for e in events(peer) if e["time"] == FAULT)
            assert (told["type"], told["gateway"], told["stream"]) == ("new", "gw", STREAM)
            assert (told["kind"], told["since"]) == ("out_of_range", FAULT)
            assert told["message"].startswith(f"{STREAM} is ")

            wait_for_readings(process, WARM + 5)
            assert [s.value for s in process.samples("streamrnn_anomaly_active")] == [1.0]
            opened = sum(e["type"] == "new" for e in events(peer))
            assert process.total("streamrnn_anomalies_total") == opened
            state = retained_state(mosquitto)
            assert (state["anomaly"], state["since"]) == ("ON", FAULT)

            assert process.stop() == 0
            eventually(lambda: peer.payloads("streamrnn/gw/availability")[-1:] == [b"offline"])
            process.start()
            process.wait_ready()
            row = row_of(process, STREAM)
            assert (row["warm_up"], row["active"]) == (1.0, True)
            peer.publish(f"streamrnn/gw/cmd/{STREAM}", "snooze 2h")
            process.wait_until(lambda: events(peer)[-1]["type"] == "end", "the end")
            assert events(peer)[-1]["id"] == told["id"]
            assert retained_state(mosquitto)["anomaly"] == "OFF"
            assert row_of(process, STREAM)["quiet_until"] is not None
            assert process.stop() == 0


@pytest.mark.broker
def test_readings_sent_while_it_was_away_are_not_lost(mosquitto: Mosquitto, tmp_path: Path) -> None:
    with daemon(tmp_path, settings(mosquitto.url)) as process, Peer(mosquitto) as peer:
        process.wait_ready()
        publish(peer, 0, 50)
        wait_for_readings(process, 50)
        assert process.stop() == 0
        publish(peer, 50, 80)
        process.start()
        wait_for_readings(process, 30)
        (last,) = process.samples("streamrnn_last_reading_timestamp_seconds")
        assert last.value == START + 79
        assert process.stop() == 0


@pytest.mark.broker
def test_a_killed_daemon_goes_on_from_its_last_checkpoint(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    frequent = settings(mosquitto.url, checkpoint_every="100ms")
    with daemon(tmp_path, frequent) as process, Peer(mosquitto) as peer:
        process.wait_ready()
        publish(peer, 0, 100)
        wait_for_readings(process, 100)
        saved = process.total("streamrnn_last_checkpoint_timestamp_seconds")
        publish(peer, 100, 101)
        process.wait_until(
            lambda: process.total("streamrnn_last_checkpoint_timestamp_seconds") > saved,
            "a checkpoint of the last reading",
        )
        process.kill()
        process.start()
        process.wait_ready()
        assert row_of(process, STREAM)["warm_up"] == 1.0


@pytest.mark.broker
def test_sighup_takes_over_new_settings_but_none_that_are_wrong(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with daemon(tmp_path, settings(mosquitto.url)) as process, Peer(mosquitto) as peer:
        process.wait_ready()
        process.settings.write_text(settings(mosquitto.url, "hall/#", checkpoint_evry="1s"))
        process.send(signal.SIGHUP)
        assert "checkpoint_every" in wait_for_log(process, "reload_refused")
        publish(peer, 0, 20)
        wait_for_readings(process, 20)

        process.settings.write_text(settings(mosquitto.url, "hall/#", checkpoint_every="2s"))
        process.send(signal.SIGHUP)
        log = wait_for_log(process, "event=reload_needs_restart")
        (told,) = [line for line in log.splitlines() if "reload_needs_restart" in line]
        assert "state.checkpoint_every" in told
        process.wait_ready()
        peer.publish("hall/door", "1")
        wait_for_readings(process, 21)
        assert row_of(process, "hall/door")["value"] == 1.0
        assert process.stop() == 0


@pytest.mark.broker
def test_no_file_however_damaged_ends_a_running_daemon(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    good = settings(mosquitto.url)
    password = tmp_path / "password"
    with daemon(tmp_path, good) as process, Peer(mosquitto) as peer:
        process.wait_ready()
        damaged = (b"", b"\x00\xff" * 999, good.encode()[:60], b"a = " + 100_000 * b"[")
        no_password = good.replace("[mqtt]", f'[mqtt]\nuser = "gw"\npassword_file = "{password}"')
        for refused, content in enumerate((*damaged, no_password.encode()), start=1):
            process.settings.write_bytes(content)
            process.send(signal.SIGHUP)
            process.wait_until(
                lambda n=refused: process.log.read_text().count("event=reload_refused") >= n,
                "refused",
            )
        process.settings.unlink()
        process.send(signal.SIGHUP)
        assert "No such file" in wait_for_log(process, "cannot be read")
        publish(peer, 0, 20)
        wait_for_readings(process, 20)
        assert process.stop() == 0


@pytest.mark.broker
def test_a_disk_that_stalls_does_not_keep_it_from_ending(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with daemon(tmp_path, settings(mosquitto.url)) as process, Peer(mosquitto) as peer:
        process.wait_ready()
        publish(peer, 0, 1)
        wait_for_readings(process, 1)
        os.mkfifo(tmp_path / "state" / "state.tmp")  # opening it waits for a reader, for ever
        assert process.stop() == 0
        assert process.log.read_text().count("checkpoint_timeout") == 1


@pytest.mark.broker
def test_a_state_directory_that_somebody_removes_is_there_again(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    text = settings(mosquitto.url, checkpoint_every="1s")
    with daemon(tmp_path, text) as process, Peer(mosquitto) as peer:
        process.wait_ready()
        publish(peer, 0, 20)
        wait_for_readings(process, 20)
        shutil.rmtree(tmp_path / "state")
        publish(peer, 20, 40)
        wait_for_log(process, "event=state_folder_made_anew")
        shared = {"STREAMRNN_STATE__DIRECTORY": str(tmp_path / "state")}
        with daemon(tmp_path / "second", text, shared) as second:
            assert exit_code(second) == 4
        process.wait_until(lambda: (tmp_path / "state" / "state.bin").exists(), "a checkpoint")
        process.kill()
        process.start()
        wait_for_log(process, "event=state_restored")


@pytest.mark.broker
def test_one_reading_with_absurdly_many_topic_levels_does_not_silence_the_others(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with daemon(tmp_path, settings(mosquitto.url)) as process, Peer(mosquitto) as peer:
        process.wait_ready()
        peer.publish("plant/freezer", json.dumps({"/" * 210: 1, "value": 1}))
        wait_for_readings(process, 1)
        dropped = {
            s.labels["reason"] for s in process.samples("streamrnn_dropped_total") if s.value
        }
        assert dropped == {"bad_stream_name"}
        assert process.stop() == 0


def test_a_broker_that_is_down_makes_it_not_ready_but_no_less_alive(tmp_path: Path) -> None:
    with daemon(tmp_path, settings(f"mqtt://127.0.0.1:{free_port()}")) as process:
        wait_for_log(process, "event=ready")
        wait_for_log(process, "connection_unreachable")
        assert process.get("/healthz")[0] == 200
        status, body = process.get("/readyz")
        assert status == 503
        assert {"broker", "subscriptions"} <= set(json.loads(body)["problems"])
        process.send(signal.SIGINT)
        assert process.process is not None
        assert process.process.wait(60.0) == 0


@pytest.mark.broker
def test_it_stops_within_ten_seconds_though_broker_and_visitors_hang(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with daemon(tmp_path, settings(mosquitto.url)) as process:
        process.wait_ready()
        with Peer(mosquitto) as peer:
            publish(peer, 0, 20)
            wait_for_readings(process, 20)
        with socket.create_connection(("127.0.0.1", process.port)) as visitor, mosquitto.frozen():
            visitor.sendall(b"GET /metrics HTTP/1.1\r\nHost:")
            assert process.stop(within_seconds=10.0) == 0
        process.start()
        process.wait_until(lambda: len(process.samples("streamrnn_value")) == 1, "its state")


def test_it_can_be_stopped_while_it_compiles_its_kernels(tmp_path: Path) -> None:
    nothing_compiled = {"STREAMRNN_CACHE_DIR": str(tmp_path / "cache")}
    with daemon(tmp_path, settings("mqtt://127.0.0.1:1"), nothing_compiled) as process:
        wait_for_log(process, "event=listening")
        assert process.stop() == 0
        assert "stopped_at_start" in process.log.read_text()
        assert "event=ready" not in process.log.read_text()


def exit_code(process: DaemonProcess) -> int:
    """Of a daemon that ends by itself."""
    assert process.process is not None
    return process.process.wait(120.0)


def test_a_port_in_use_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environ = {"STREAMRNN_HTTP__PORT": str(taken.getsockname()[1])}
        with daemon(tmp_path, settings("mqtt://127.0.0.1:1"), environ) as process:
            assert exit_code(process) == 2
            assert "another program already listens" in process.log.read_text()


def test_a_state_directory_that_cannot_be_made_is_a_mistake_in_the_settings(
    tmp_path: Path,
) -> None:
    (tmp_path / "state").write_text("a file in its place")
    with daemon(tmp_path, settings("mqtt://127.0.0.1:1")) as process:
        assert exit_code(process) == 2
        assert "state.directory" in process.log.read_text()


def test_two_daemons_do_not_share_a_state_directory(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    shared = {"STREAMRNN_STATE__DIRECTORY": str(tmp_path / "state")}
    text = settings(f"mqtt://127.0.0.1:{free_port()}")
    with daemon(first, text, shared) as running:
        wait_for_log(running, "event=listening")
        with daemon(second, text, shared) as process:
            assert exit_code(process) == 4
            assert "in use by another streamrnn" in process.log.read_text()
