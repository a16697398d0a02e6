from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.config import LimitsConfig, SourceConfig, TimeConfig
from streamrnn.ingest import Ingest
from streamrnn.ingest.stamped_frame import Minutes
from streamrnn.records import Readings, Reason
from tests.ingest.messages import NOON, decode, ingest_of, message, reasons

ALL = SourceConfig(topic="#")
AT = SourceConfig(topic="#", time=TimeConfig(path="at", format="auto"))
ZONES = ["Z", "+00:00", "-00:00", "+01:00", "-0930", "+1400"]

STAMPED = {
    '{"ts":1700000000,"t":21.5}': '{"ts":1700000009,"t":-121.75}',
    '{"t":21.5,"id":"x7","ts":1700000000123}': '{"t":2,"id":"x7","ts":1700000009321}',
    '{"unit":"C","timestamp":1700000000.25,"t":-3}': '{"unit":"C","timestamp":1700000001.75,"t":1}',
    '{"time":"2023-11-14T22:13:20Z","t":21.5}': '{"time":"2023-11-14T22:13:29Z","t":0.001}',
    '{"t":1, "last_seen":"2023-11-14T23:13:20.125+01:00", "unit":null}': (
        '{"t":12, "last_seen":"2023-11-14T23:13:29.875+01:00", "unit":null}'
    ),
}


def ingest_that_heard(first: str, source: SourceConfig, **limits: float) -> Ingest:
    """Expects messages like the first."""
    ingest = ingest_of(source, limits=LimitsConfig(**limits))
    decode(ingest, message("a", first))
    assert ingest._by_topic["a"].stamped_frame is not None
    return ingest


@pytest.mark.parametrize("first", STAMPED)
def test_a_message_in_a_frame_with_a_time_is_read_as_without_the_frame(first: str) -> None:
    later = message("a", STAMPED[first])
    ingest = ingest_that_heard(first, ALL)
    found = decode(ingest, later)
    assert found == decode(ingest_of(ALL), later)
    assert found[0][2] != NOON
    alone = Readings([], [], [])
    read = ingest._by_topic["a"].stamped_frame
    assert read is not None
    assert read(later, alone)


@given(
    st.sampled_from(sorted(STAMPED)),
    st.text('0123456789.+-:TZte \n\\"{},\u00e9', max_size=30),
    st.data(),
)
def test_no_text_in_a_frame_with_a_time_is_read_otherwise_than_without(
    first: str, text: str, data: st.DataObject
) -> None:
    begin = data.draw(st.integers(0, len(first)))
    end = data.draw(st.integers(begin, len(first)))
    later = message("a", first[:begin] + text + first[end:])
    assert decode(ingest_that_heard(first, ALL), later) == decode(
        ingest_of(SourceConfig(topic="#", format="json")), later
    )


def test_a_message_in_a_frame_with_a_time_is_held_to_the_same_rules() -> None:
    first = '{"ts":1700000000,"t":1}'
    ingest = ingest_that_heard(first, ALL, max_abs_value=100.0, max_payload_bytes=40)
    wrong = (
        '{"ts":1700000000,"t":101}',
        '{"ts":1700000000,"t":NaN}',
        '{"ts":1700000000,"t":1.0000000000000000000000000}',
    )
    assert reasons(ingest, *(message("a", each) for each in wrong)) == [
        Reason.OUT_OF_BOUNDS,
        Reason.NOT_FINITE,
        Reason.TOO_LARGE,
    ]
    assert reasons(ingest, message("a", first, retain=True))[-1] is Reason.RETAINED
    assert decode(ingest, message("a", '{"ts":90000000.5,"t":3}')) == [("a/t", 3.0, NOON)]
    assert decode(ingest, message("a", '{"ts":4700000000,"t":4}')) == [("a/t", 4.0, NOON)]


def test_a_time_by_the_settings_has_a_frame_in_its_own_format() -> None:
    source = SourceConfig(topic="#", time=TimeConfig(path="at", format="unix_ms"))
    ingest = ingest_that_heard('{"at":1700000000123,"t":1}', source)
    later = message("a", '{"at":1700000001500,"t":2}')
    assert decode(ingest, later) == [("a/t", 2.0, 1700000001.5)]
    wrong = message("a", '{"at":9000000001500,"t":2}'), message("a", '{"at":1700000001,"t":2}')
    assert reasons(ingest, *wrong) == [Reason.FAR_FUTURE, Reason.BAD_TIME]


def test_a_constant_that_looks_like_the_time_is_not_taken_for_it() -> None:
    ingest = ingest_that_heard('{"id":"1700000000","ts":1700000000,"t":1}', ALL)
    later = message("a", '{"id":"1700000000","ts":1700000007,"t":2}')
    assert decode(ingest, later) == [("a/t", 2.0, 1700000007.0)]


moments = st.datetimes(datetime(2000, 1, 3), datetime(2023, 11, 14))
fractions = st.sampled_from(["seconds", "milliseconds", "microseconds"])


@given(st.lists(moments, min_size=2, max_size=9), st.sampled_from(ZONES), fractions)
def test_any_time_as_text_in_a_frame_is_the_one_that_python_reads(
    times: list[datetime], zone: str, precision: str
) -> None:
    texts = [time.isoformat(timespec=precision) + zone for time in times]
    ingest = ingest_that_heard('{"t":1,"at":"2001-01-01T00:00:00Z"}', AT)
    for text in texts:
        for payload in (f'{{"t":1,"at":"{text}"}}', f'{{"at":"{text}","t":1}}'):
            found = decode(ingest, message("a", payload), message("a", payload))
            expected = datetime.fromisoformat(text).timestamp()
            assert [time for _, _, time in found] == [expected, expected]


def test_a_time_in_another_zone_than_the_last_one_has_another_frame() -> None:
    ingest = ingest_that_heard('{"t":1,"at":"2023-11-14T23:00:00+01:00"}', AT)
    for _ in range(2):
        later = message("a", '{"t":2,"at":"2023-11-14T22:00:00+00:00"}')
        assert decode(ingest, later) == [("a/t", 2.0, NOON - 800.0)]


@pytest.mark.parametrize(
    "text",
    [
        *("2023-11-14T22:13:60Z", "2023-11-14T22:60:00Z", "2023-11-14T24:00:00Z"),
        *("2023-02-29T22:13:00Z", "2023-11-14T22:13:1eZ", "2023-11-14T22:13:-1Z"),
        *("2023-11-14X22:13:00Z", "2023-11-14T22:13: 1Z", "1999-11-14T22:13:00Z"),
        *("2023-11-14T22:13:00:125Z", "2023-11-14T22:13:00,125Z", "2023-11-14T22:13:00.1e2Z"),
        *("2023-11-14T22:13:00.-25Z", "2023-11-14T22:13:00.125 00Z", "2023-11-14T22:13:00.125:00Z"),
    ],
)
def test_what_is_no_usual_time_in_a_frame_is_left_to_the_long_way(text: str) -> None:
    usual = "2023-11-14T22:13:00.000000"[: len(text) - 1]
    ingest = ingest_that_heard(f'{{"t":1,"at":"{usual}Z"}}', AT)
    later = message("a", f'{{"t":2,"at":"{text}"}}')
    read = ingest._by_topic["a"].stamped_frame
    assert read is not None
    alone = Readings([], [], [])
    assert not read(later, alone)
    assert alone == Readings([], [], [])
    without = ingest_of(AT)
    assert reasons(ingest, later) == reasons(without, later)
    assert decode(ingest, later) == decode(without, later)


@pytest.mark.parametrize("text", ["20231114T221300Z", "2023-W46-2T22:13:00Z", "2023-11-14T22:13Z"])
def test_a_time_of_another_spelling_has_no_frame(text: str) -> None:
    ingest = ingest_of(AT)
    payload = message("a", f'{{"t":2,"at":"{text}"}}')
    assert decode(ingest, payload, payload) == [("a/t", 2.0, NOON - 20.0)] * 2
    assert ingest._by_topic["a"].stamped_frame is None


def test_only_the_latest_minutes_are_remembered() -> None:
    minutes = Minutes(b',"at":"', timedelta(hours=1))
    for minute in range(60):
        text = b',"at":"2023-11-14T23:%02d:' % minute
        assert minutes.learn(text) == datetime(2023, 11, 14, 22, minute, tzinfo=UTC).timestamp()
        assert text in minutes
    assert len(minutes) < 20
