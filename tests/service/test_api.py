"""What the page is given."""

from __future__ import annotations

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.records import Reason
from streamrnn.service import api
from streamrnn.service.health import Verdict
from streamrnn.service.left_out import MEANING
from tests.service.fleet_snapshots import NOW, bank_status, fleet, opened, plant

READY = Verdict(True, {})


def names(page: api.StreamPage) -> list[str]:
    return [stream.name for stream in page.streams]


def test_anomalies_come_first_then_names_in_order() -> None:
    page = api.streams(plant(), query="", limit=10, offset=0)
    assert names(page) == ["freezer/temperature", "door", "mixer/current", "pump/current"]
    assert [s.state for s in page.streams] == ["anomaly", "normal", "warming", "warming"]


def test_the_filter_ignores_case_and_counts_what_matches() -> None:
    page = api.streams(plant(), query="CURRENT", limit=1, offset=0)
    assert (page.total, page.matched, names(page)) == (4, 2, ["mixer/current"])


@given(step=st.integers(1, 7))
def test_the_pages_together_are_all_streams_once(step: int) -> None:
    snapshot = fleet([f"s{i:02}" for i in range(20)])
    seen = [
        name
        for offset in range(0, 20, step)
        for name in names(api.streams(snapshot, query="", limit=step, offset=offset))
    ]
    assert seen == list(snapshot.names)


def test_warm_up_is_the_share_that_is_done() -> None:
    page = api.streams(plant(), query="", limit=10, offset=0)
    assert {s.name: s.warm_up for s in page.streams} == {
        "freezer/temperature": 1.0,
        "door": 1.0,
        "pump/current": 0.25,
        "mixer/current": 0.0,
    }


def test_warm_up_tells_how_long_it_takes_where_the_interval_is_known() -> None:
    page = api.streams(plant(), query="current", limit=10, offset=0)
    assert {s.name: s.warm_up_seconds for s in page.streams} == {
        "pump/current": 150.0,
        "mixer/current": 200.0,
    }


def test_only_the_streams_in_one_state_can_be_asked_for() -> None:
    page = api.streams(plant(), query="", limit=10, offset=0, state="warming")
    assert (page.total, page.matched, names(page)) == (4, 2, ["mixer/current", "pump/current"])


def test_an_anomaly_that_is_over_is_no_state_any_more_but_is_told() -> None:
    snapshot = fleet(["a"], anomaly_active=np.array([True]))
    (stream,) = api.streams(snapshot, query="", limit=1, offset=0).streams
    assert (stream.state, stream.active) == ("normal", True)
    assert api.overview(snapshot, READY).streams == {"warming": 0, "normal": 1, "anomaly": 0}


def test_a_stream_that_is_snoozed_says_until_when_and_one_that_was_does_not() -> None:
    page = api.streams(plant(), query="", limit=10, offset=0)
    assert [s.name for s in page.streams if s.quiet_until == NOW + 3600] == ["door"]
    assert sum(np.isnan(s.quiet_until) for s in page.streams) == 3


def test_streams_that_broke_together_are_all_anomalous_by_one_event() -> None:
    event = msgspec.structs.replace(opened("d/a"), also=("d/b",), kind="stale")
    snapshot = fleet(["d/a", "d/b", "d/c"], open_events=(event,))
    page = api.streams(snapshot, query="", limit=10, offset=0)
    assert [(s.name, s.state, s.kind) for s in page.streams] == [
        ("d/a", "anomaly", "stale"),
        ("d/b", "anomaly", "stale"),
        ("d/c", "normal", ""),
    ]
    assert api.overview(snapshot, READY).anomalies[0].also == ["d/b"]


def test_what_is_known_of_a_stream_goes_with_it() -> None:
    page = api.streams(plant(), query="", limit=2, offset=0)
    assert [(s.unit, s.device, s.title) for s in page.streams] == [
        ("°C", "freezer", ""),
        ("", "front door", "Opening"),
    ]


def test_what_was_left_out_is_told_with_what_it_means_the_most_first() -> None:
    snapshot = fleet(["a"], dropped={Reason.LATE: 2, Reason.METADATA: 9, Reason.EMPTY: 0})
    dropped = api.overview(snapshot, READY).dropped
    assert [(each.reason, each.count, each.harmless) for each in dropped] == [
        ("metadata", 9, True),
        ("late", 2, False),
    ]


def test_every_reason_has_a_meaning() -> None:
    assert MEANING.keys() == set(Reason)


def test_unknown_numbers_are_null_in_json() -> None:
    page = api.streams(plant(), query="mixer", limit=10, offset=0)
    (stream,) = msgspec.json.decode(msgspec.json.encode(page))["streams"]
    assert stream["value"] is None
    assert stream["time"] is None
    assert stream["yhat"] is None


@given(st.text(min_size=1))
def test_any_stream_name_becomes_json(name: str) -> None:
    snapshot = fleet([name], open_events=(opened(name),))
    assert msgspec.json.encode(api.streams(snapshot, query="", limit=1, offset=0))
    assert msgspec.json.encode(api.overview(snapshot, READY))


def test_the_overview_tells_the_latest_anomaly_first() -> None:
    events = (opened("old", NOW - 900), opened("new", NOW - 60))
    overview = api.overview(fleet(["old", "new"], open_events=events), READY)
    assert [event.stream for event in overview.anomalies] == ["new", "old"]
    assert overview.anomalies[0].message == events[1].message


def test_the_overview_counts_streams_and_passes_on_why_it_is_not_ready() -> None:
    overview = api.overview(plant(), Verdict(False, {"checkpoint": "disk full"}))
    assert overview.streams == {"warming": 2, "normal": 1, "anomaly": 1}
    assert not overview.ready
    assert overview.problems == {"checkpoint": "disk full"}


def test_a_score_of_a_stream_without_a_model_yet_may_be_unknown() -> None:
    snapshot = fleet(["a"], status=bank_status(1, score=[float("nan")]))
    page = msgspec.json.encode(api.streams(snapshot, query="", limit=1, offset=0))
    assert msgspec.json.decode(page)["streams"][0]["score"] is None
