from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.config import SourceConfig, TimeConfig
from streamrnn.ingest.format import Record, Scalar
from streamrnn.ingest.refusal import RefusedError
from streamrnn.ingest.timestamp import Stamp, read_stamp, time_reader, unix_time
from streamrnn.records import Reason
from tests.ingest.messages import NOON

MAX_FUTURE = 3600.0


def stamp(
    time: str | TimeConfig,
    leaves: dict[str, Scalar],
    *,
    at: float = NOON,
    fields: tuple[str, ...] = (),
    given: float | None = None,
) -> Stamp:
    source = SourceConfig.model_validate({"topic": "#", "time": time, "fields": fields})
    return read_stamp(time_reader(source, MAX_FUTURE), Record(leaves, given), at)


def refusal_of(
    time: str | TimeConfig, leaves: dict[str, Scalar], *, at: float = NOON
) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        stamp(time, leaves, at=at)
    return caught.value


def unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    "value",
    [
        NOON - 60,
        int(NOON - 60),
        int((NOON - 60) * 1e3),
        int((NOON - 60) * 1e6),
        "2023-11-14T22:12:20Z",
        "2023-11-14T23:12:20.000000000+01:00",
        "2023-11-14 22:12:20+0000",
    ],
)
def test_auto_tells_the_usual_notations_apart(value: Scalar) -> None:
    assert stamp("auto", {"a": 1, "ts": value}) == Stamp(NOON - 60, "ts")


@pytest.mark.parametrize("key", ["time", "TS", "Timestamp", "dateTime", "last_seen", "_time"])
def test_auto_knows_the_usual_keys_in_upper_and_lower_case(key: str) -> None:
    assert stamp("auto", {key: NOON - 1}).path == key


@pytest.mark.parametrize(
    "value",
    ["2023-11-14T22:12:20", "soon", "", None, True, 0, -5, 12.5, 800_000_000, 1e30, float("nan")],
)
def test_auto_takes_the_time_of_arrival_rather_than_guess(value: Scalar) -> None:
    assert stamp("auto", {"ts": value}) == Stamp(NOON, "")


def test_auto_takes_the_first_key_that_holds_a_time() -> None:
    leaves: dict[str, Scalar] = {"Time": "2023-11-14T22:12:20", "ts": NOON - 5, "epoch": NOON - 9}
    assert stamp("auto", leaves) == Stamp(NOON - 5, "ts")


def test_auto_looks_at_the_top_level_only_and_leaves_t_to_the_temperature() -> None:
    assert stamp("auto", {"device.ts": NOON - 5, "t": NOON - 5}).path == ""


def test_a_field_asked_for_by_name_is_no_timestamp() -> None:
    assert stamp("auto", {"time": NOON - 5}, fields=("time",)) == Stamp(NOON, "")


def test_arrival_ignores_what_the_message_says() -> None:
    assert stamp("arrival", {"ts": NOON - 5}) == Stamp(NOON, "")


@pytest.mark.parametrize(
    ("layout", "value"),
    [
        ("unix", NOON - 60),
        ("unix_ms", (NOON - 60) * 1e3),
        ("unix_us", int((NOON - 60) * 1e6)),
        ("iso8601", "2023-11-14T22:12:20Z"),
        ("iso8601", "2023-11-14T22:12:20"),
        ("auto", NOON - 60),
        ("auto", (NOON - 60) * 1e3),
        ("auto", "2023-11-14T22:12:20"),
    ],
)
def test_a_configured_time_is_read_in_its_format(layout: str, value: Scalar) -> None:
    time = TimeConfig.model_validate({"path": "meta.at", "format": layout})
    assert stamp(time, {"meta.at": value}) == Stamp(NOON - 60, "meta.at")


@pytest.mark.parametrize(
    ("layout", "leaves", "told"),
    [
        ("unix", {}, "there is no meta.at"),
        ("unix", {"meta.at": "2023-11-14T22:12:20Z"}, "not a time in the format unix"),
        ("unix", {"meta.at": str(NOON)}, "not a time in the format unix"),
        ("unix", {"meta.at": True}, "not a time in the format unix"),
        ("unix", {"meta.at": float("nan")}, "not a time in the format unix"),
        ("unix", {"meta.at": 10**400}, "not a time in the format unix"),
        ("unix", {"meta.at": 31}, "clock is not set"),
        ("unix_ms", {"meta.at": NOON}, "clock is not set, or the format is another"),
        ("iso8601", {"meta.at": NOON}, "not a time in the format iso8601"),
        ("iso8601", {"meta.at": "14.11.2023"}, "not a time in the format iso8601"),
        ("iso8601", {"meta.at": "0001-01-01T00:00:00"}, "clock is not set"),
        ("auto", {"meta.at": None}, "not a time"),
    ],
)
def test_a_configured_time_that_cannot_be_read_is_refused(
    layout: str, leaves: dict[str, Scalar], told: str
) -> None:
    refusal = refusal_of(TimeConfig.model_validate({"path": "meta.at", "format": layout}), leaves)
    assert refusal.reason is Reason.BAD_TIME
    assert told in refusal.detail


@pytest.mark.parametrize("time", ["auto", TimeConfig(path="ts")])
def test_a_stamp_too_far_ahead_is_refused(time: str | TimeConfig) -> None:
    assert stamp(time, {"ts": NOON + MAX_FUTURE}).time == NOON + MAX_FUTURE
    refusal = refusal_of(time, {"ts": NOON + MAX_FUTURE + 1})
    assert refusal.reason is Reason.FAR_FUTURE
    assert "3601 s ahead" in refusal.detail


VIENNA = TimeConfig(path="ts", format="iso8601", zone="Europe/Vienna")


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2023-07-01T12:00:00", "2023-07-01T10:00:00Z"),
        ("2023-12-01T12:00:00", "2023-12-01T11:00:00Z"),
        ("2023-12-01T12:00:00+05:00", "2023-12-01T07:00:00Z"),  # its own zone wins
    ],
)
def test_a_stamp_without_zone_is_in_the_configured_zone(local: str, utc: str) -> None:
    assert stamp(VIENNA, {"ts": local}, at=unix(utc)).time == unix(utc)


@pytest.mark.parametrize("utc", ["2023-10-29T00:30:00Z", "2023-10-29T01:30:00Z"])
def test_the_hour_that_comes_twice_in_autumn_is_told_apart_by_the_arrival(utc: str) -> None:
    assert stamp(VIENNA, {"ts": "2023-10-29T02:30:00"}, at=unix(utc) + 2).time == unix(utc)


def test_the_hour_left_out_in_spring_is_read_all_the_same() -> None:
    arrival = unix("2023-03-26T01:30:00Z")
    assert stamp(VIENNA, {"ts": "2023-03-26T02:30:00"}, at=arrival).time == arrival


any_scalar = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str)
)
any_setting = st.sampled_from(
    ["auto", "arrival", VIENNA, TimeConfig(path="ts"), TimeConfig(path="ts", format="unix_ms")]
)


@given(any_setting, any_scalar, st.floats())
def test_a_stamp_is_plausible_or_refused(
    time: str | TimeConfig, value: Scalar, received_at: float
) -> None:
    with contextlib.suppress(RefusedError):
        found = stamp(time, {"ts": value}, at=received_at)
        if found.path:
            assert found.time >= datetime(2000, 1, 1, tzinfo=UTC).timestamp()
            clock_is_set = not received_at < datetime(2000, 1, 1, tzinfo=UTC).timestamp()
            assert not (clock_is_set and found.time > received_at + MAX_FUTURE)


@pytest.mark.parametrize("time", ["auto", TimeConfig(path="ts")])
def test_a_gateway_whose_clock_was_never_set_cannot_tell_what_is_ahead(
    time: str | TimeConfig,
) -> None:
    assert stamp(time, {"ts": NOON}, at=60.0).time == NOON


def test_the_time_that_the_format_gives_counts_where_no_leaf_holds_one() -> None:
    assert stamp("auto", {"a": 1}, given=NOON - 5) == Stamp(NOON - 5, "")
    assert stamp("auto", {"ts": NOON - 9}, given=NOON - 5) == Stamp(NOON - 9, "ts")
    assert stamp("arrival", {"a": 1}, given=NOON - 5) == Stamp(NOON, "")


def test_a_given_time_of_a_clock_that_was_never_set_gives_way_to_the_arrival() -> None:
    assert stamp("auto", {"a": 1}, given=86_400.0) == Stamp(NOON, "")


def test_a_given_time_far_ahead_is_refused() -> None:
    with pytest.raises(RefusedError, match="ahead of the clock") as caught:
        stamp("auto", {"a": 1}, given=NOON + 2 * MAX_FUTURE)
    assert caught.value.reason is Reason.FAR_FUTURE


@pytest.mark.parametrize("factor", [1, 1e3, 1e6, 1e9])
def test_unix_time_is_told_apart_by_its_size(factor: float) -> None:
    assert unix_time(NOON * factor) == NOON
