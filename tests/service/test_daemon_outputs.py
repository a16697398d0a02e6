"""The daemon as a whole, and everybody it tells besides MQTT: from the settings to the far end."""

from __future__ import annotations

import json
import math
import re
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from streamrnn.service.homeassistant.documents import Document
from streamrnn.service.sinks.history import FILE_NAME, read_events
from tests.daemon_process import DaemonProcess, daemon
from tests.mosquitto import Mosquitto, free_port
from tests.service.homeassistant.as_home_assistant import checked
from tests.service.mqtt_peers import Peer
from tests.service.sinks.receiver import Receiver

WARM = 300
WRITERS = ("checkpoint", "outbox", "history", "homeassistant_ledger")  # in the state folder


def settings(broker: Mosquitto, outputs: str) -> str:
    return f"""
        [mqtt]
        broker = "{broker.url}"
        [[source]]
        topic = "plant/#"
        [detector]
        warm_up = 60
        {outputs}
        """


def publish_a_fault(peer: Peer) -> None:
    """A freezer that has its usual waves for `WARM` seconds, and then is far too warm."""
    noise = np.random.default_rng(0).normal(0.0, 0.1, WARM + 5)
    start = time.time() - WARM - 5
    for t in range(WARM + 5):
        value = math.sin(t / 10) + noise[t] + 9.0 * (t >= WARM)
        peer.publish("plant/freezer", json.dumps({"value": value, "time": start + t}))


def sink_total(process: DaemonProcess, name: str, sink: str) -> float:
    return sum(s.value for s in process.samples(name) if s.labels["sink"] == sink)


@pytest.mark.broker
def test_a_fault_reaches_every_outlet(mosquitto: Mosquitto, tmp_path: Path) -> None:
    with Receiver() as receiver:
        outputs = f"""
            [[webhook]]
            name = "phone"
            url = "{receiver.url}"
            [[webhook]]
            name = "nobody"
            url = "http://127.0.0.1:{free_port()}"
            [influxdb]
            url = "{receiver.url}/influx"
            flush_every = "100ms"
            [homeassistant]
            enabled = true
            """
        with (
            daemon(tmp_path, settings(mosquitto, outputs)) as process,
            Peer(mosquitto, "homeassistant/device/+/config") as peer,
        ):
            process.wait_ready()
            publish_a_fault(peer)

            def told() -> list[str]:
                return [r.json["stream"] for r in list(receiver.received) if r.path == "/"]

            def influx_lines() -> str:
                got = list(receiver.received)
                return "\n".join(r.body.decode() for r in got if r.path.startswith("/influx"))

            process.wait_until(lambda: "plant/freezer/value" in told(), "a webhook")
            process.wait_until(lambda: "streamrnn_events,gateway=gw" in influx_lines(), "an event")
            process.wait_until(
                lambda: influx_lines().count("stream=plant/freezer/value ") >= WARM, "readings"
            )
            process.wait_until(lambda: len(peer.heard) >= 2, "discovery")
            names = [checked(Document(topic, text)).device.name for topic, text, _ in peer.heard]
            assert names[:2] == ["streamrnn gw", "plant/freezer/value"]
            process.wait_until(
                lambda: sink_total(process, "streamrnn_sink_delivered_total", "history") > 0,
                "the history",
            )
            assert sink_total(process, "streamrnn_sink_waiting", "webhook:nobody") > 0

            before = len(peer.heard)
            peer.publish("homeassistant/status", "online")
            process.wait_until(lambda: len(peer.heard) >= before + 2, "once more")
            assert process.stop() == 0
    history = tmp_path / "state" / FILE_NAME
    assert next(read_events(history, since=0.0)).stream == "plant/freezer/value"


@pytest.mark.broker
def test_of_a_stream_that_gave_way_nothing_stays_at_the_broker(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """Nor when the daemon is killed meanwhile."""
    outputs = """
        [homeassistant]
        enabled = true
        [limits]
        max_streams = 2
        [alerts]
        state_every = "1s"
        [state]
        checkpoint_every = "1s"
        """
    state, device = "streamrnn/gw/state/plant/idle/value", "homeassistant/device/streamrnn_gw_plant"

    def publish(stream: str, seconds_ago: float) -> None:
        stamp = time.time() - seconds_ago
        peer.publish(f"plant/{stream}", json.dumps({"value": 20.0, "time": stamp}))

    with (
        daemon(tmp_path, settings(mosquitto, outputs)) as process,
        Peer(mosquitto, "#") as peer,
    ):
        process.wait_ready()
        publish("idle", 9 * 3600)
        for n in range(15):
            publish("busy", 9 * 3600 - 600 * n)
        process.wait_until(lambda: bool(peer.payloads(state)), "a state")
        process.wait_until(
            lambda: any(topic.startswith(f"{device}_idle_value") for topic, *_ in peer.heard),
            "a device",
        )
        publish("new", 0.0)
        process.wait_until(lambda: process.total("streamrnn_streams_shed_total") == 1.0, "shed")
        publish("new", 0.0)
        process.wait_until(lambda: process.total("streamrnn_readings_total") == 17.0, "it came")
        process.kill()
        process.start()
        process.wait_ready()
        process.wait_until(lambda: peer.payloads(state)[-1] == b"", "its state taken back")
        process.wait_until(
            lambda: any(
                topic.startswith(f"{device}_idle_value") and not text
                for topic, text, _ in peer.heard
            ),
            "its device taken back",
        )
        names = {sample.labels["stream"] for sample in process.samples("streamrnn_value")}
        assert names == {"plant/busy/value", "plant/new/value"}


@pytest.mark.broker
def test_in_a_state_folder_that_another_daemon_has_taken_nothing_is_written(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    outputs = '[homeassistant]\nenabled = true\n[state]\ncheckpoint_every = "1s"'
    quiet = settings(mosquitto, "").replace("plant/#", "nothing/#")
    folder = tmp_path / "state"
    with (
        daemon(tmp_path, settings(mosquitto, outputs)) as process,
        Peer(mosquitto) as peer,
    ):
        process.wait_ready()
        shutil.rmtree(folder)
        shared = {"STREAMRNN_STATE__DIRECTORY": str(folder), "STREAMRNN_GATEWAY__NAME": "other"}
        with daemon(tmp_path / "other", quiet, shared) as other:
            other.wait_ready()
            before = sorted(path.name for path in folder.iterdir())
            publish_a_fault(peer)
            process.wait_until(
                lambda: set(described_as_taken(process)) == set(WRITERS), "all of them in the log"
            )
            assert process.stop() == 0
            assert sorted(path.name for path in folder.iterdir()) == before
            assert other.stop() == 0
    assert sorted(described_as_taken(process)) == sorted(WRITERS)  # told once


def described_as_taken(process: DaemonProcess) -> list[str]:
    """What could not be written, by what the log says of it."""
    return re.findall(
        r"event=(\w+?)_(?:not_written|failed) .*another streamrnn uses it now"
        r".*remedy=.stop one of the two daemons",
        process.log.read_text(),
    )
