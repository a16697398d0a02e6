from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from streamrnn.config import LimitsConfig, SourceConfig
from streamrnn.ingest.format import Leaves
from streamrnn.ingest.formats.plain_json import read_json
from streamrnn.ingest.frame import find_frame
from streamrnn.records import Reason
from tests.ingest.messages import decode, ingest_of, message, reasons

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
