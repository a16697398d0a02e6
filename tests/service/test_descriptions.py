"""What the broker has stored: descriptions of devices are asked for, readings are not."""

from __future__ import annotations

import pytest

from streamrnn.config import LimitsConfig, SourceConfig
from streamrnn.ingest import Ingest
from streamrnn.records import Readings
from tests.mosquitto import Mosquitto
from tests.service.mqtt_peers import Peer, eventually, make_link, running


@pytest.mark.broker
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_the_unit_of_a_homie_property_is_known_before_its_first_value(
    mosquitto: Mosquitto, protocol: str
) -> None:
    ingest = Ingest([SourceConfig(topic="homie/#")], LimitsConfig(), "streamrnn")
    into = Readings([], [], [])
    with Peer(mosquitto) as peer:
        peer.publish("homie/d/meter/power/$unit", "W", retain=True)
        peer.publish("homie/d/meter/power", "1", retain=True)
        link = make_link(mosquitto.url, protocol=protocol)
        link.set_subscriptions(ingest.topic_filters())
        with running(link):
            eventually(lambda: link.subscribed)
            peer.publish("homie/d/meter/power", "2")

            def take() -> bool:
                for message in link.take(10, timeout=0.1):
                    ingest.decode(message, into)
                return bool(into.values)

            eventually(take)
    assert into.values == [2.0]
    assert ingest.infos["homie/d/meter/power"].unit == "W"
