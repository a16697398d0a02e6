from __future__ import annotations

from streamrnn.config import SourceConfig
from streamrnn.ingest.formats.homie import Homie
from tests.ingest.messages import ingest_of, message


def test_descriptions_are_asked_for_wherever_homie_could_be_heard() -> None:
    filters = ingest_of(SourceConfig(topic="homie/#")).topic_filters()
    assert filters[0] == ("homie/#", 1)
    assert ("homie/5/+/$description", 1) in filters
    assert ("homie/+/+/+/$unit", 1) in filters
    assert ingest_of(SourceConfig(topic="sensors/#")).topic_filters() == [("sensors/#", 1)]


def test_properties_described_long_ago_give_way_to_others() -> None:
    homie = Homie()
    for number in range(20_100):
        homie.read(message(f"homie/d/n/p{number}/$unit", "W"))
    assert len(homie._labels) == 20_000
    assert "homie/d/n/p0" not in homie._labels


def test_a_strange_description_describes_nothing() -> None:
    homie = Homie()
    for text in ("5", "[]", '{"nodes":5}', '{"nodes":{"n":{"properties":[1]}}}', ""):
        assert homie.read(message("homie/5/d/$description", text)).about
