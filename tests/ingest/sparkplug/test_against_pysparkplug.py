"""Our reading of Sparkplug B against pysparkplug, an implementation of its own."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.ingest.sparkplug.address import read_address
from streamrnn.ingest.sparkplug.rebirth import rebirth_request
from tests.ingest.messages import NOON, message
from tests.ingest.sparkplug.messages import NOON_MS, read, requested, sparkplug, values

peer = pytest.importorskip(
    "pysparkplug", reason="pysparkplug is missing, which make test installs with the broker tests"
)
Type = peer.DataType


def integers(bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    return (
        st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        if signed
        else st.integers(0, 2**bits - 1)
    )


VALUES = {
    **{Type[f"INT{bits}"]: integers(bits, signed=True) for bits in (8, 16, 32, 64)},
    **{Type[f"UINT{bits}"]: integers(bits, signed=False) for bits in (8, 16, 32, 64)},
    Type.FLOAT: st.floats(width=32),
    Type.DOUBLE: st.floats(),
    Type.BOOLEAN: st.booleans(),
    Type.STRING: st.text(st.characters(codec="utf-8"), max_size=5),
}
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(
    lambda name: name != "bdSeq"  # which is no measurement
)
typed_values = st.sampled_from(list(VALUES)).flatmap(
    lambda datatype: st.tuples(st.just(datatype), VALUES[datatype] | st.none())
)


def metric(name: str | None, datatype: Any, value: Any, alias: int | None = None) -> Any:
    return peer.Metric(timestamp=NOON_MS, name=name, datatype=datatype, value=value, alias=alias)


def same(ours: Any, theirs: Any) -> bool:
    both_nan = isinstance(theirs, float) and math.isnan(theirs) and math.isnan(ours)
    return ours == theirs or both_nan


@given(st.dictionaries(names, st.tuples(typed_values, typed_values), max_size=5), st.booleans())
def test_what_the_peer_writes_is_read_as_it_was_meant(metrics, by_alias):
    known = sparkplug()
    aliases = {name: number for number, name in enumerate(metrics)}
    birth = peer.NBirth(
        timestamp=NOON_MS,
        seq=0,
        metrics=tuple(metric(n, *first, aliases[n]) for n, (first, _) in metrics.items()),
    )
    data = peer.NData(
        timestamp=NOON_MS,
        seq=1,
        metrics=tuple(
            metric(None if by_alias else n, first[0], value, aliases[n] if by_alias else None)
            for n, (first, second) in metrics.items()
            for value in [second[1] if second[0] is first[0] else first[1]]
        ),
    )
    for payload, kind in ((birth, "NBIRTH"), (data, "NDATA")):
        document = read(known, message(f"spBv1.0/plant/{kind}/line", payload.encode()))
        theirs = (
            peer.NBirth.decode(birth.encode())
            if kind == "NBIRTH"
            else peer.NData.decode(data.encode(), birth=peer.NBirth.decode(birth.encode()))
        )
        ours = values(document)
        assert not document.refusals
        assert not document.requests
        assert set(ours) == {each.name for each in theirs.metrics}
        for each in theirs.metrics:
            assert same(ours[each.name], each.value), each
        assert {record.time for record in document.records} <= {NOON}


def test_the_peer_reads_our_request_for_a_rebirth():
    request = rebirth_request(read_address("spBv1.0/plant/NDATA/line"), NOON)
    topic = peer.Topic.from_str(request.topic)
    assert (topic.group_id, topic.message_type.value, topic.edge_node_id) == (
        "plant",
        "NCMD",
        "line",
    )
    command = peer.NCmd.decode(request.payload)
    (rebirth,) = command.metrics
    assert command.timestamp == NOON_MS
    assert (rebirth.name, rebirth.datatype, rebirth.value) == (
        "Node Control/Rebirth",
        Type.BOOLEAN,
        True,
    )


def test_the_peer_s_death_is_a_death():
    bd_seq = metric("bdSeq", Type.INT64, 3)
    birth = peer.NBirth(timestamp=NOON_MS, seq=0, metrics=(bd_seq,))
    death = peer.NDeath(timestamp=NOON_MS, bd_seq_metric=bd_seq)
    known = sparkplug()
    read(known, message("spBv1.0/plant/NBIRTH/line", birth.encode()))
    document = read(known, message("spBv1.0/plant/NDEATH/line", death.encode()))
    assert "has gone" in document.refusals[0].detail
    assert requested([document]) == []
