"""The file that is written makes of the same messages the same streams."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.config import Config, LimitsConfig, MqttConfig, SourceConfig
from streamrnn.discover import Survey, patterns_of, settings_file
from streamrnn.ingest import Ingest
from streamrnn.ingest.topic import TopicTemplate
from streamrnn.records import Message, Readings
from tests.ingest.messages import NOON, message

GOLDEN = Path(__file__).parent.parent / "ingest" / "golden"
LIMITS = LimitsConfig(new_streams_per_second=1e6)


def golden_messages() -> list[Message]:
    found = []
    for file in sorted(GOLDEN.glob("*.toml")):
        for said in tomllib.loads(file.read_text())["message"]:
            payload = bytes.fromhex(said["hex"]) if "hex" in said else said["payload"].encode()
            found.append(message(said["topic"], payload, at=NOON + len(found)))
    return found


def streams_of(messages: list[Message], *sources: SourceConfig) -> set[str]:
    ingest = Ingest(sources, LIMITS, "streamrnn")
    into = Readings([], [], [])
    for each in messages:
        ingest.decode(each, into)
    return set(into.streams)


def written_for(messages: list[Message]) -> tuple[str, Config]:
    survey = Survey(LIMITS, "streamrnn")
    for each in messages:
        survey.add(each)
    mqtt = MqttConfig(broker="mqtt://127.0.0.1:1884", user="me")
    text = settings_file(survey, patterns_of(survey.topics.values()), mqtt, 60.0)
    return text, Config.model_validate(tomllib.loads(text))


def test_the_golden_messages_of_all_formats_become_the_same_streams() -> None:
    messages = golden_messages()
    _, config = written_for(messages)
    assert streams_of(messages, *config.source) == streams_of(messages, SourceConfig(topic="#"))


def test_the_shorter_names_that_it_offers_keep_streams_apart() -> None:
    messages = golden_messages()
    text, config = written_for(messages)
    shorter = Config.model_validate(tomllib.loads(text.replace("# stream =", "stream =")))
    assert any(source.stream for source in shorter.source)
    for offered, default in zip(shorter.source, config.source, strict=True):
        found = [each for each in messages if TopicTemplate(default.topic).match(each.topic)]
        assert len(streams_of(found, offered)) == len(streams_of(found, default)), default.topic


def test_the_broker_and_who_we_are_to_it_are_kept() -> None:
    _, config = written_for([message("a", "1")])
    assert (config.mqtt.broker, config.mqtt.user) == ("mqtt://127.0.0.1:1884", "me")


def test_what_was_heard_stands_beside_what_takes_it() -> None:
    text, _ = written_for(
        [
            message("zigbee2mqtt/hall", '{"temperature":21.5}', at=NOON),
            message("zigbee2mqtt/hall", '{"temperature":22.5}', at=NOON + 30),
            message("plant/log", "hello\nthere"),
        ]
    )
    assert "# 2 messages on 1 topic, one every 30s: zigbee2mqtt\n" in text
    assert "#   temperature: 21.5 to 22.5 °C\n" in text
    assert 'topic = "zigbee2mqtt/{device}"\nformat = "zigbee2mqtt"\n' in text
    assert "# Not used:\n#   plant/log (1 message): 'value' = 'hello\\nthere' is neither" in text


def test_a_format_is_not_fixed_where_the_template_takes_anything() -> None:
    relay = '{"id":0,"output":true,"apower":8.9}'
    text, config = written_for([message("garage/status/switch:0", relay)])
    assert config.source[0].topic == "{device}/status/switch:0"
    assert "format" not in text.partition("[[source]]")[2]


_topics = st.lists(
    st.sampled_from(["a", "b", "kitchen", "{x}", "+", "", "$s", 'q"', "\\", "\n", "zigbee2mqtt"]),
    min_size=1,
    max_size=4,
).map("/".join)
_payloads = st.sampled_from(
    ["1", "ON", '{"t":1}', '{"t":1,"linkquality":2}', "m t=1", "1,2,3", "", "x", '{"a\n":1}']
)


@settings(max_examples=200)
@given(st.lists(st.builds(message, _topics, _payloads), max_size=8, unique_by=lambda m: m.topic))
def test_a_file_can_be_written_for_whatever_was_heard(messages: list[Message]) -> None:
    """One format on a topic: that is what the file says of it."""
    text, config = written_for(messages)
    assert all(line.isprintable() for line in text.split("\n"))
    known = streams_of(messages, *config.source)
    everything = streams_of(messages, SourceConfig(topic="#"))
    strange = {
        stream
        for each in messages
        if not set(each.topic).isdisjoint("+#{}$\n") or not each.topic
        for stream in everything
        if stream.startswith(each.topic)
    }
    assert everything - strange <= known <= everything
