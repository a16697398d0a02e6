from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.config import LimitsConfig, SourceConfig, TimeConfig
from streamrnn.ingest import Ingest
from streamrnn.ingest.format import Leaves
from streamrnn.ingest.formats.plain_json import read_json
from streamrnn.ingest.frame import find_frame
from streamrnn.records import Readings, Reason
from tests.ingest.messages import NOON, decode, ingest_of, message, reasons

ALL = SourceConfig(topic="#")


def frame(payload: bytes, path: str) -> tuple[bytes, bytes] | None:
    found = find_frame(payload, read_json, path, "s")
    return found[:2] if found else None


def test_the_frame_is_all_but_the_number() -> None:
    assert frame(b'{"t":21.5,"unit":"C"}', "t") == (b'{"t":', b',"unit":"C"}')
    assert frame(b'{"id":"t5", "p": {"x": -1e3 }}', "p.x") == (b'{"id":"t5", "p": {"x": ', b" }}")
    assert frame(b"[[7]]", "0.0") == (b"[[", b"]]")


def test_what_is_no_number_in_the_text_has_no_frame() -> None:
    assert frame(b'{"t":true}', "t") is None
    assert frame(b'{"t":"ON","n":1}', "t") is None
    assert frame(b'{"t":1,"pad":"%s"}' % (b"x" * 300), "t") is None


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers() | st.text(max_size=4), min_size=1),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_another_number_in_the_frame_is_the_leaf_and_nothing_else_changes(
    document: dict[str, int | str], number: float
) -> None:
    path = min(document)
    payload = json.dumps(document).encode()
    found = find_frame(payload, read_json, path, "s")
    if found is None:
        assert isinstance(document[path], str)
        return
    prefix, suffix, *_ = found
    changed: Leaves = read_json(prefix + repr(number).encode() + suffix)
    assert changed == {**document, path: number}


def test_a_framed_message_is_held_to_the_same_rules() -> None:
    limits = LimitsConfig(max_abs_value=100.0, max_payload_bytes=30)
    ingest = ingest_of(SourceConfig(topic="#"), limits=limits)
    assert decode(ingest, message("a", '{"t":1}'), message("a", '{"t":2}'))[1][1] == 2.0
    wrong = ('{"t":101}', '{"t":1,"t":2}', '{"t":NaN}', '{"t":0.00000000000000000000000000001}')
    assert reasons(ingest, *(message("a", each) for each in wrong)) == [
        Reason.OUT_OF_BOUNDS,
        Reason.DUPLICATE_KEY,
        Reason.NOT_FINITE,
        Reason.TOO_LARGE,
    ]
    assert reasons(ingest, message("a", '{"t":3}', retain=True))[-1] is Reason.RETAINED


STAMPED = {
    '{"ts":1700000000,"t":21.5}': '{"ts":1700000009,"t":-121.75}',
    '{"t":21.5,"id":"x7","ts":1700000000123}': '{"t":2,"id":"x7","ts":1700000009321}',
    '{"unit":"C","timestamp":1700000000.25,"t":-3}': '{"unit":"C","timestamp":1700000001.75,"t":1}',
    '{"time":"2023-11-14T22:13:20Z","t":21.5}': '{"time":"2023-11-14T22:13:29Z","t":0.001}',
    '{"t":1, "last_seen":"2023-11-14T23:13:20.125+01:00", "unit":null}': (
        '{"t":12, "last_seen":"2023-11-14T22:13:29.875+00:00", "unit":null}'
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
    route = ingest._by_topic["a"]
    assert ingest._decode_stamped(route.stamped_frame, route, later, alone)


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
        '{"ts":4700000000,"t":1}',
        '{"ts":1700000000,"t":1.0000000000000000000000000}',
    )
    assert reasons(ingest, *(message("a", each) for each in wrong)) == [
        Reason.OUT_OF_BOUNDS,
        Reason.NOT_FINITE,
        Reason.FAR_FUTURE,
        Reason.TOO_LARGE,
    ]
    assert reasons(ingest, message("a", first, retain=True))[-1] is Reason.RETAINED
    assert decode(ingest, message("a", '{"ts":90000000.5,"t":3}')) == [("a/t", 3.0, NOON)]


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
