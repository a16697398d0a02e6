"""A Sparkplug node that was there before us, over a real broker: asked for its birth, then read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.daemon_process import DaemonProcess, daemon
from tests.mosquitto import Mosquitto

pysparkplug = pytest.importorskip(
    "pysparkplug", reason="pysparkplug is missing, which make test installs with the broker tests"
)
Type = pysparkplug.DataType

SETTINGS = """
[mqtt]
broker = "mqtt://127.0.0.1:{port}"

[[source]]
topic = "spBv1.0/#"
rebirths = {rebirths}
"""

pytestmark = pytest.mark.broker


class EdgeNode:
    """Node "line" of the group "plant" with the device "press", as pysparkplug writes messages.

    It obeys every request for a rebirth, and counts them.
    """

    def __init__(self, broker: Mosquitto) -> None:
        self.rebirths = 0
        self._seq = 0
        self._bd_seq = 4
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "line")
        self._client.will_set("spBv1.0/plant/NDEATH/line", self._death())
        self._client.on_message = self._obey
        self._client.connect("127.0.0.1", broker.port)
        self._client.subscribe("spBv1.0/plant/NCMD/line", qos=1)
        self._client.loop_start()

    def report(self, current: int, temperature: float) -> None:
        """DATA with aliases only, and without types, as a real node sends them."""
        self._publish("NDATA/line", pysparkplug.NData, _metric(None, Type.INT16, current, 1))
        metric = _metric(None, Type.DOUBLE, temperature, 1)
        self._publish("DDATA/line/press", pysparkplug.DData, metric)

    def lose_a_message(self) -> None:
        self._seq = (self._seq + 1) % 256

    def crash(self) -> None:
        """The connection breaks off: the broker publishes the will."""
        self._client.loop_stop()
        sock = self._client.socket()
        assert sock is not None
        sock.close()

    def _obey(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        (command,) = pysparkplug.NCmd.decode(message.payload).metrics
        assert (command.name, command.value) == ("Node Control/Rebirth", True)
        self.rebirths += 1
        self._seq = 0
        births = (
            _metric("bdSeq", Type.INT64, self._bd_seq),
            _metric("Node Control/Rebirth", Type.BOOLEAN, False),
            _metric("Current", Type.INT16, -2, 1),
        )
        self._publish("NBIRTH/line", pysparkplug.NBirth, *births)
        press = _metric("Oil/Temperature", Type.DOUBLE, 40.0, 1)
        self._publish("DBIRTH/line/press", pysparkplug.DBirth, press)

    def _death(self) -> bytes:
        bd_seq = _metric("bdSeq", Type.INT64, self._bd_seq)
        return bytes(pysparkplug.NDeath(timestamp=None, bd_seq_metric=bd_seq).encode())

    def _publish(self, topic: str, kind: Any, *metrics: Any) -> None:
        payload = kind(timestamp=_now(), seq=self._seq, metrics=metrics).encode()
        self._client.publish(f"spBv1.0/plant/{topic}", payload)
        self._seq = (self._seq + 1) % 256


def _now() -> int:
    return int(time.time() * 1000)


def _metric(name: str | None, datatype: Any, value: Any, alias: int | None = None) -> Any:
    return pysparkplug.Metric(
        timestamp=_now(), name=name, datatype=datatype, value=value, alias=alias
    )


@contextmanager
def watched(folder: Path, broker: Mosquitto, *, rebirths: bool) -> Iterator[DaemonProcess]:
    settings = SETTINGS.format(port=broker.port, rebirths=str(rebirths).lower())
    with daemon(folder / "daemon", settings) as process:
        process.wait_ready()
        yield process


def values(process: DaemonProcess) -> dict[str, float]:
    return {each.labels["stream"]: each.value for each in process.samples("streamrnn_value")}


def dropped(process: DaemonProcess, reason: str) -> float:
    samples = process.samples("streamrnn_dropped_total")
    return sum(each.value for each in samples if each.labels["reason"] == reason)


def test_a_node_that_was_there_before_us_is_asked_for_its_birth_and_read(tmp_path, mosquitto):
    node = EdgeNode(mosquitto)
    with watched(tmp_path, mosquitto, rebirths=True) as process:
        node.report(5, 41.0)
        process.wait_until(lambda: node.rebirths == 1, "a request for a rebirth")
        born = {
            "spBv1.0/plant/line/Current": -2.0,
            "spBv1.0/plant/line/press/Oil/Temperature": 40.0,
        }
        process.wait_until(lambda: values(process) == born, "the values of the births")
        assert dropped(process, "unknown_metric") == 2

        node.report(-300, 42.5)
        now = {
            "spBv1.0/plant/line/Current": -300.0,
            "spBv1.0/plant/line/press/Oil/Temperature": 42.5,
        }
        process.wait_until(lambda: values(process) == now, "the values behind the aliases")
        assert node.rebirths == 1

        node.lose_a_message()
        node.report(7, 43.0)
        process.wait_until(lambda: dropped(process, "missed") == 1, "the gap in the sequence")
        node.crash()
        process.wait_until(lambda: dropped(process, "death") == 1, "the death of the node")


def test_nothing_is_published_to_the_node_where_rebirths_are_switched_off(tmp_path, mosquitto):
    node = EdgeNode(mosquitto)
    with watched(tmp_path, mosquitto, rebirths=False) as process:
        node.report(5, 41.0)
        process.wait_until(lambda: dropped(process, "unknown_metric") == 2, "the unknown aliases")
        node.crash()
        process.wait_until(lambda: dropped(process, "death") == 1, "the death of the node")
        assert process.stop() == 0
    assert node.rebirths == 0
