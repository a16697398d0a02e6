import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.ingest.refusal import RefusedError
from streamrnn.ingest.sparkplug.birth import Birth
from streamrnn.ingest.sparkplug.nodes import Nodes
from streamrnn.ingest.sparkplug.wire import parse_payload
from streamrnn.records import Reason
from tests.ingest.sparkplug import by_hand


def birth_of(count):
    birth = Birth()
    metrics = [by_hand.metric(f"metric {number}") for number in range(count)]
    for metric in parse_payload(by_hand.payload(*metrics)).metrics:
        birth.define(metric)
    return birth


def test_the_node_heard_longest_ago_is_forgotten():
    nodes = Nodes(capacity_bytes=3500)
    for name in ("a", "b", "c"):
        nodes.hear(("plant", name)).bd_seq = 7
    nodes.hear(("plant", "a"))
    nodes.hear(("plant", "d"))
    assert nodes.hear(("plant", "a")).bd_seq == 7
    assert nodes.hear(("plant", "b")).bd_seq is None


def test_a_node_larger_than_all_room_is_refused():
    nodes = Nodes(capacity_bytes=5000)
    node = nodes.hear(("plant", "line"))
    with pytest.raises(RefusedError) as refusal:
        nodes.bear(node, "", birth_of(20))
    assert refusal.value.reason is Reason.TOO_LARGE
    nodes.bear(node, "", birth_of(2))
    assert node.is_born


def test_a_new_birth_takes_the_place_of_the_old_one():
    nodes = Nodes(capacity_bytes=100_000)
    node = nodes.hear(("plant", "line"))
    nodes.bear(node, "", birth_of(5))
    used = nodes.used_bytes
    nodes.bear(node, "", birth_of(5))
    assert nodes.used_bytes == used


_steps = st.tuples(
    st.sampled_from(["hear", "bear", "bury"]),
    st.sampled_from("abcdef"),
    st.sampled_from(["", "press", "pump"]),
    st.integers(0, 8),
)


@given(st.lists(_steps, max_size=40))
def test_the_room_in_use_is_that_of_the_nodes_that_are_kept(steps):
    nodes = Nodes(capacity_bytes=9000)
    for verb, name, device, count in steps:
        node = nodes.hear(("plant", name))
        if verb == "bear":
            try:
                nodes.bear(node, device, birth_of(count))
            except RefusedError:
                assert device not in node.births
        elif verb == "bury":
            nodes.bury(node, device)
        kept = nodes.nodes()
        assert nodes.used_bytes == sum(each.used_bytes for each in kept) <= 9000
        assert node in kept
