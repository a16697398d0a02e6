from __future__ import annotations

import pytest

from streamrnn.config import SourceConfig
from streamrnn.ingest.refusal import RefusedError
from streamrnn.ingest.route import (
    LONGEST_STREAM_NAME,
    MOST_STREAM_LEVELS,
    Route,
    Routes,
    Source,
    lies_on,
)
from streamrnn.records import Reason


def routes(*configs: SourceConfig, capacity_bytes: int = 1_000_000) -> Routes:
    sources = [Source(index, config, 3600.0) for index, config in enumerate(configs)]
    return Routes(sources, "streamrnn", {}, capacity_bytes)


def route(topic: str, config: SourceConfig) -> Route:
    return routes(config).find(topic)


def reason_of(topic: str, *configs: SourceConfig) -> Reason:
    with pytest.raises(RefusedError) as caught:
        routes(*configs).find(topic)
    return caught.value.reason


@pytest.mark.parametrize(
    ("stream", "bare", "field"),
    [
        ("", "z/kitchen", "z/kitchen/t.0"),
        ("{device}/{field}", "kitchen/value", "kitchen/t.0"),
        ("{field}@{device}, {topic}", "value@kitchen, z/kitchen", "t.0@kitchen, z/kitchen"),
    ],
)
def test_a_stream_is_named_after_its_template(stream: str, bare: str, field: str) -> None:
    found = route("z/kitchen", SourceConfig(topic="z/{device}", stream=stream))
    assert found.stream("value", bare=True) == bare
    assert found.stream("t.0", bare=False) == field


def test_a_label_whose_value_looks_like_a_label_stays_as_it_is() -> None:
    found = route("z/{field}", SourceConfig(topic="z/{device}", stream="{device}/{field}"))
    assert found.stream("t", bare=False) == "{field}/t"


def test_a_template_without_field_serves_a_bare_value_or_a_single_field() -> None:
    config = SourceConfig(topic="z/{device}", stream="{device}")
    assert route("z/a", config).stream("value", bare=True) == "a"
    with pytest.raises(RefusedError, match=r"Add \{field\}") as caught:
        route("z/a", config).stream("t", bare=False)
    assert caught.value.reason is Reason.BAD_STREAM_NAME
    single = SourceConfig(topic="z/{device}", stream="{device}", fields=("t",))
    assert route("z/a", single).stream("t", bare=False) == "a"
    with pytest.raises(RefusedError):
        route("z/a", single).stream("t.0", bare=False)


@pytest.mark.parametrize(
    "path", ["a\nb", "a\0", "\ud800", "\u202e", "x" * LONGEST_STREAM_NAME, "\x7f"]
)
def test_a_name_unfit_for_logs_and_labels_is_refused(path: str) -> None:
    with pytest.raises(RefusedError) as caught:
        route("z", SourceConfig(topic="z")).stream(path, bare=False)
    assert caught.value.reason is Reason.BAD_STREAM_NAME
    assert caught.value.detail.isprintable()


def test_a_name_with_more_levels_than_brokers_take_is_refused() -> None:
    made = route("z", SourceConfig(topic="z"))
    most = "/" * (MOST_STREAM_LEVELS - 2)  # with the topic and the slash after it
    assert made.stream(most, bare=False).count("/") == MOST_STREAM_LEVELS - 1
    with pytest.raises(RefusedError, match="more than 100 topic levels") as caught:
        made.stream(f"{most}/", bare=False)
    assert caught.value.reason is Reason.BAD_STREAM_NAME


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(RefusedError, match="empty"):
        route("", SourceConfig(topic="#")).stream("value", bare=True)


def test_the_first_source_that_takes_a_topic_has_it() -> None:
    first, second = SourceConfig(topic="a/{x}"), SourceConfig(topic="a/#")
    table = routes(first, second)
    assert table.find("a/b").source.index == 0
    assert table.find("a/b/c").source.index == 1


def test_topics_that_are_not_ours_to_read_are_refused() -> None:
    everything = SourceConfig(topic="#")
    assert reason_of("$SYS/broker/uptime", everything) is Reason.SYS_TOPIC
    assert reason_of("streamrnn/gw/events", everything) is Reason.OWN_TOPIC
    assert reason_of("b", SourceConfig(topic="a/#")) is Reason.NO_SOURCE
    assert reason_of("a/\udcff", everything) is Reason.NOT_UTF8


def test_a_branch_holds_its_leaves_and_no_namesakes() -> None:
    assert lies_on("energy", "energy")
    assert lies_on("energy", "energy.total.0")
    assert not lies_on("energy", "energy_total")


def test_topics_used_once_do_not_pile_up() -> None:
    table = routes(SourceConfig(topic="#"), capacity_bytes=100_000)
    for number in range(10_000):
        table.find(f"one/off/{number}")
    assert len(table.by_topic) < 200


def test_fields_used_once_do_not_pile_up() -> None:
    table = routes(SourceConfig(topic="#"), capacity_bytes=100_000)
    most = 0
    for number in range(10_000):
        found = table.find("a")
        table.remember(found, f"field{number}", "a stream")
        most = max(most, len(found.fates))
    assert most < 500
