"""The outlets that the settings name, together."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streamrnn.config import Config
from streamrnn.service.outbox import AlertOutbox
from streamrnn.service.sinks.history import FILE_NAME
from streamrnn.service.sinks.outlets import Outlets, destinations
from tests.mosquitto import free_port
from tests.service.fleet_snapshots import NOW, opened
from tests.service.mqtt_peers import eventually
from tests.service.sinks.batches import judged
from tests.service.sinks.outbox import running_outbox
from tests.service.sinks.receiver import Receiver


@contextmanager
def outlets_of(folder: Path, **sections: Any) -> Iterator[tuple[Outlets, AlertOutbox]]:
    config = Config.model_validate(sections)
    settings = (config.webhook, config.influxdb, config.history)
    with running_outbox(folder, *destinations(*settings)) as outbox:
        outlets = Outlets(*settings, gateway="gw", directory=folder, outbox=outbox)
        outlets.start()
        try:
            yield outlets, outbox
        finally:
            outlets.stop()


def test_unless_asked_for_there_is_only_the_history(tmp_path: Path) -> None:
    with outlets_of(tmp_path) as (outlets, _):
        assert outlets.tallies().keys() == {"history"}


def test_everything_can_be_switched_off(tmp_path: Path) -> None:
    with outlets_of(tmp_path, history={"enabled": False}) as (outlets, _):
        assert outlets.tallies() == {}
        assert outlets.readings == []


def test_each_destination_gets_each_event_whatever_becomes_of_the_others(tmp_path: Path) -> None:
    with Receiver() as receiver:
        webhooks = [
            {"name": "here", "url": receiver.url},
            {"name": "gone", "url": f"http://127.0.0.1:{free_port()}"},
        ]
        influxdb = {"url": f"{receiver.url}/influx"}
        with outlets_of(tmp_path, webhook=webhooks, influxdb=influxdb) as (outlets, outbox):
            outbox.append([opened("a")])
            for name in ("webhook:here", "influxdb", "history"):
                eventually(lambda name=name: outlets.tallies()[name].delivered == 1)
            assert outlets.tallies()["webhook:gone"].waiting == 1
        assert sorted(got.path.partition("?")[0] for got in receiver.received) == [
            "/",
            "/influx/api/v2/write",
        ]


def test_readings_go_to_those_that_want_them_and_are_written_at_stop(tmp_path: Path) -> None:
    with Receiver() as receiver:
        influxdb = {"url": receiver.url, "flush_every": "1h"}
        with outlets_of(tmp_path, influxdb=influxdb) as (outlets, _):
            for sink in outlets.readings:
                sink.take(judged(("a", 1.0, NOW)))
        eventually(lambda: receiver.received)
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        assert list(connection.execute("SELECT stream, readings FROM reading")) == [("a", 1)]
