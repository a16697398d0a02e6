"""A real InfluxDB, and one that is away."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from influxdb_client import InfluxDBClient, Point, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS

from streamrnn.config import InfluxConfig
from streamrnn.service.sinks.carrier import Backoff
from streamrnn.service.sinks.influxdb import InfluxEvents, InfluxReadings
from streamrnn.service.sinks.post import RefusedError, TryLaterError
from tests.service.fleet_snapshots import NOW, opened
from tests.service.mqtt_peers import eventually
from tests.service.sinks.batches import judged, seconds
from tests.service.sinks.receiver import Answer, Receiver
from tests.service.sinks.servers import influx_rows, influxdb

ODD_NAME = 'hall, "2"=x/größe °C\\'


def config(url: str, **settings: Any) -> InfluxConfig:
    return InfluxConfig(url=url, flush_every="20ms", **settings)


def quick_backoff() -> Backoff:
    return Backoff(random.Random(1), first=0.001, longest=0.01)


@contextmanager
def writing(config: InfluxConfig) -> Iterator[InfluxReadings]:
    sink = InfluxReadings(config, "gw", quick_backoff())
    sink.start()
    try:
        yield sink
    finally:
        sink.close()
        sink.join(30.0)


def test_influxdb_has_the_readings_and_the_events(tmp_path: Path) -> None:
    with influxdb(tmp_path) as port:
        settings = config(f"http://127.0.0.1:{port}", api="v1")
        with writing(settings) as sink:
            sink.take(judged(("a", 1.5, NOW + 0.125), (ODD_NAME, -2.0, NOW), yhat=2.0))
            eventually(lambda: sink.tally().delivered == 2)
        rows = influx_rows(port, "SELECT * FROM streamrnn")
        assert [(r["stream"], r["value"], r["time"]) for r in rows] == [
            ('hall, "2"=x/größe °C/', -2.0, NOW),
            ("a", 1.5, NOW + 0.125),
        ]
        assert {r["gateway"] for r in rows} == {"gw"}
        assert {r["yhat_upper"] for r in rows} == {2.0}

        event = msgspec.structs.replace(opened(ODD_NAME), message='"so" it\\is')
        events = InfluxEvents(settings, "gw")
        events.deliver(event)
        events.deliver(event)  # twice, as after a crash: still one
        (row,) = influx_rows(port, "SELECT * FROM streamrnn_events")
        assert (row["message"], row["kind"], row["type"]) == (event.message, "level", "new")


def test_a_server_that_is_back_gets_what_had_waited(tmp_path: Path) -> None:
    with Receiver(Answer(503), Answer(500), Answer(404)) as receiver:
        with writing(config(receiver.url)) as sink:
            sink.take(judged(*seconds("a", 0, 3)))
            eventually(lambda: sink.tally().delivered == 3)
        assert len({got.body for got in receiver.received}) == 1
        assert sink.tally().dropped.total() == 0


def test_version_2_is_asked_as_its_own_client_asks_it(tmp_path: Path) -> None:
    """InfluxDB 2 is in no package; what it takes is what its client sends."""
    (tmp_path / "token").write_text("t0ken")
    stream = ODD_NAME.rstrip("\\")
    with Receiver(Answer(204), Answer(204)) as receiver:
        settings = config(
            f"{receiver.url}/", org="my org", bucket="b/1", token_file=tmp_path / "token"
        )
        with writing(settings) as sink:
            sink.take(judged((stream, 1.5, NOW + 0.125), yhat=2.25))
            eventually(lambda: sink.tally().delivered == 1)
        point = Point("streamrnn").tag("gateway", "gw").tag("stream", stream)
        for name, value in {"value": 1.5, "score": 0.5}.items():
            point.field(name, value)
        for name in ("yhat", "yhat_lower", "yhat_upper"):
            point.field(name, 2.25)
        point.time(round((NOW + 0.125) * 1e6), WritePrecision.US)
        with InfluxDBClient(receiver.url, "t0ken", org="my org") as client:
            client.write_api(write_options=SYNCHRONOUS).write("b/1", record=point)
    ours, theirs = receiver.received
    assert ours.path == theirs.path
    assert ours.headers["authorization"] == theirs.headers["authorization"]
    assert in_order(ours.body) == in_order(theirs.body)


def in_order(line: bytes) -> tuple[bytes, list[bytes], bytes]:
    """Measurement and tags, fields in the order of their names, time."""
    series, fields, time = line.rsplit(b" ", 2)
    return series, sorted(fields.split(b",")), time


def test_the_first_version_takes_a_user_and_a_password(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("pa:ss")
    with Receiver(Answer(204)) as receiver:
        settings = config(receiver.url, api="v1", user="me", password_file=tmp_path / "password")
        InfluxEvents(settings, "gw").deliver(opened("a"))
        (got,) = receiver.received
        assert got.path == "/write?db=streamrnn&precision=u"
        assert got.headers["authorization"] == "Basic bWU6cGE6c3M="


def test_while_the_server_is_away_the_oldest_readings_are_given_up() -> None:
    with Receiver(*[Answer(503)] * 1_000_000) as receiver:
        with writing(config(receiver.url, buffer=1000)) as sink:
            for first in range(0, 3000, 100):
                sink.take(judged(*seconds("a", first, first + 100)))
            eventually(lambda: sink.tally().dropped["buffer_full"] == 2000)
            assert sink.tally().waiting == 1000
            receiver.answers.clear()
            eventually(lambda: sink.tally().delivered == 1000)
        lines = receiver.received[-1].body.splitlines()
        assert b"value=2000.0," in lines[0]
        assert b"value=2999.0," in lines[-1]


def test_a_batch_that_is_refused_does_not_hold_up_the_next() -> None:
    with Receiver(Answer(400, b"partial write")) as receiver, writing(config(receiver.url)) as sink:
        sink.take(judged(*seconds("a", 0, 3)))
        eventually(lambda: sink.tally().dropped["refused"] == 3)
        sink.take(judged(*seconds("a", 3, 5)))
        eventually(lambda: sink.tally().delivered == 2)


def test_many_readings_go_in_several_requests() -> None:
    with Receiver() as receiver, writing(config(receiver.url)) as sink:
        sink.take(judged(*seconds("a", 0, 12_000)))
        eventually(lambda: sink.tally().delivered == 12_000)
        assert max(got.body.count(b"\n") + 1 for got in receiver.received) <= 5000


def test_readings_that_wait_at_stop_are_still_sent() -> None:
    with Receiver() as receiver:
        sink = InfluxReadings(
            InfluxConfig(url=receiver.url, flush_every="1h"), "gw", quick_backoff()
        )
        sink.start()
        sink.take(judged(*seconds("a", 0, 3)))
        sink.close()
        sink.join(30.0)
        assert sink.tally().delivered == 3


@pytest.mark.parametrize(("status", "error"), [(401, TryLaterError), (400, RefusedError)])
def test_events_that_are_not_taken_are_reported(status: int, error: type[Exception]) -> None:
    with Receiver(Answer(status)) as receiver, pytest.raises(error):
        InfluxEvents(config(receiver.url), "gw").deliver(opened("a"))


def test_a_server_that_repeats_our_authorization_does_not_bring_the_password_into_an_error(
    tmp_path: Path,
) -> None:
    password, basic = tmp_path / "password", b64encode(b"gw:hunter2-secret").decode()
    password.write_text("hunter2-secret")
    with Receiver(Answer(500, f"heard: Basic {basic} of gw".encode())) as receiver:
        settings = config(receiver.url, api="v1", user="gw", password_file=password)
        with pytest.raises(TryLaterError, match=r"heard: Basic \*\*\* of gw"):
            InfluxEvents(settings, "gw").deliver(opened("a"))
        assert receiver.received[0].headers["authorization"] == f"Basic {basic}"
