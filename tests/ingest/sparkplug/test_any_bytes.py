"""Whatever comes: a document or a refusal, and memory within its bounds."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from streamrnn.ingest.format import Document
from streamrnn.records import Reason
from tests.ingest.messages import NOON, message
from tests.ingest.sparkplug import by_hand
from tests.ingest.sparkplug.messages import outcome, sparkplug

_topics = st.sampled_from(
    [f"spBv1.0/plant/{kind}/line" for kind in ("NBIRTH", "NDATA", "NDEATH", "NCMD")]
    + [f"spBv1.0/plant/{kind}/line/press" for kind in ("DBIRTH", "DDATA", "DDEATH", "DCMD")]
    + ["spBv1.0/plant/NDATA/other", "spBv1.0/STATE/x", "spBv1.0/", "spBv1.0/plant/NDATA/\0"]
)
_uint = st.sampled_from([0, 1, 127, 255, 256, 2**31, 2**32 - 1, 2**63, 2**64 - 1])
_contents = st.binary(max_size=6) | st.sampled_from(
    [b"bdSeq", b"Node Control/Rebirth", b"x", by_hand.text(1, "engUnit"), b"\xff"]
)
_fields = st.one_of(
    st.builds(by_hand.number, st.integers(1, 20), _uint),
    st.builds(by_hand.text, st.integers(1, 20), _contents),
    st.builds(by_hand.float_value, st.floats(width=32)),
    st.builds(by_hand.double_value, st.floats()),
    st.sampled_from([by_hand.text(1, "x"), by_hand.number(2, 5), by_hand.NULL]),
)
_metrics = st.lists(_fields, max_size=8).map(b"".join)
_payloads = st.one_of(
    st.binary(max_size=40),
    st.builds(
        lambda metrics, seq: by_hand.payload(*metrics, seq=seq),
        st.lists(_metrics, max_size=5),
        st.none() | st.sampled_from([0, 1, 2, 3, 2**64 - 1]),
    ),
    st.lists(_fields, max_size=8).map(b"".join),
)
_messages = st.builds(
    message, _topics | st.text(max_size=6), _payloads, at=st.sampled_from([NOON, NOON + 61, -1.0])
)


@given(st.lists(_messages, max_size=12))
def test_any_bytes_are_read_or_refused(messages):
    small = sparkplug(capacity_bytes=4000)
    for each in messages:
        found = outcome(small, each)
        assert isinstance(found, Document | Reason)
        if isinstance(found, Document):
            assert len(found.requests) <= 1


@given(st.lists(_messages, max_size=6), _messages)
def test_a_copy_reads_the_same_and_changes_nothing(messages, last):
    original = sparkplug()
    for each in messages:
        outcome(original, each)
    twin = copy.deepcopy(original)
    tried = outcome(twin, last)
    in_earnest = outcome(original, last)
    assert _comparable(tried) == _comparable(in_earnest)


def _comparable(found):
    if isinstance(found, Reason):
        return found
    refusals = [(refusal.reason, refusal.detail) for refusal in found.refusals]
    return repr((found.records, found.labels, found.requests, refusals))
