from __future__ import annotations

import json
from typing import Any

import pytest

from streamrnn.config import SourceConfig
from streamrnn.ingest import Ingest
from streamrnn.ingest.formats.lorawan import OmittedZeros
from tests.ingest.messages import NOON, decode, ingest_of, message


def ttn(device: str = "dev1", port: int = 1, **decoded: Any) -> str:
    return json.dumps(
        {
            "end_device_ids": {"device_id": device},
            "uplink_message": {"f_port": port, "decoded_payload": decoded},
        }
    )


def chirpstack(device: str = "dev1", port: int = 1, **decoded: Any) -> str:
    info = {"deviceName": device, "devEui": device}
    return json.dumps(
        {"deduplicationId": "x", "deviceInfo": info, "fPort": port, "object": decoded}
    )


def values(ingest: Ingest, payload: str, topic: str = "up") -> dict[str, float]:
    found = decode(ingest, message(topic, payload))
    return {stream.removeprefix(f"{topic}/"): value for stream, value, _ in found}


@pytest.mark.parametrize("uplink", [ttn, chirpstack])
def test_a_field_of_every_uplink_that_is_absent_is_0(uplink: Any) -> None:
    ingest = ingest_of()
    for _ in range(3):
        values(ingest, uplink(rain=0.2, temperature=5.5))
    assert values(ingest, uplink(temperature=5.0)) == {"rain": 0.0, "temperature": 5.0}
    assert values(ingest, uplink(temperature=5.0)) == {"rain": 0.0, "temperature": 5.0}
    assert values(ingest, uplink(rain=0.4, temperature=5.0))["rain"] == 0.4
    assert values(ingest, uplink()) == {"rain": 0.0, "temperature": 0.0}


def test_a_field_that_comes_now_and_then_is_just_absent() -> None:
    ingest = ingest_of()
    for _ in range(3):
        values(ingest, ttn(temperature=5.5, battery=3.6))
        values(ingest, ttn(temperature=5.5))
        values(ingest, ttn(temperature=5.5))
        assert values(ingest, ttn(temperature=5.5)) == {"temperature": 5.5}


def test_another_port_and_another_device_are_another_matter() -> None:
    ingest = ingest_of()
    for _ in range(4):
        values(ingest, ttn(rain=0.2, temperature=5.5))
    assert values(ingest, ttn(port=2, temperature=5.5)) == {"temperature": 5.5}
    assert values(ingest, ttn(device="dev2", temperature=5.5)) == {"temperature": 5.5}


def test_an_uplink_that_has_none_of_the_usual_fields_says_something_else() -> None:
    ingest = ingest_of()
    for _ in range(4):
        values(ingest, ttn(rain=0.2, temperature=5.5))
    assert values(ingest, ttn(battery=3.6)) == {"battery": 3.6}


def test_a_server_that_writes_zeros_leaves_none_out() -> None:
    ingest = ingest_of()
    values(ingest, ttn(device="other", door=False))
    for _ in range(4):
        values(ingest, ttn(rain=0.2, temperature=5.5))
    assert values(ingest, ttn(temperature=5.5)) == {"temperature": 5.5}


def test_the_signal_is_there_for_those_who_ask_for_it_and_absent_is_0() -> None:
    payload = json.dumps(
        {
            "end_device_ids": {"device_id": "dev1"},
            "uplink_message": {
                "decoded_payload": {"t": 1.0},
                "rx_metadata": [{"rssi": -100, "snr": -5}, {"rssi": -60}],
            },
        }
    )
    asking = ingest_of(SourceConfig(topic="#", fields=("rssi", "snr")))
    assert values(asking, payload) == {"rssi": -60.0, "snr": 0.0}
    assert values(ingest_of(), payload) == {"t": 1.0}


def test_explaining_an_uplink_teaches_nothing() -> None:
    ingest = ingest_of()
    for _ in range(9):
        ingest.explain(message("up", ttn(rain=0.2, temperature=5.5), at=NOON))
    assert values(ingest, ttn(temperature=5.5)) == {"temperature": 5.5}


def test_devices_heard_once_do_not_pile_up() -> None:
    zeros = OmittedZeros()
    for number in range(10_500):
        zeros.fill_in(f"device-{number}", 1, {"t": 1.0})
    assert len(zeros._runs) == 10_000
