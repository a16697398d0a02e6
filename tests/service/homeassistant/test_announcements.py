"""What is told to Home Assistant: all that is wanted, once, and the end of what is not."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from streamrnn.config import HomeAssistantConfig
from streamrnn.detect.topics import GatewayTopics
from streamrnn.ingest import Label
from streamrnn.service.homeassistant.announcements import Announcements
from streamrnn.service.homeassistant.documents import Describer

DESCRIBER = Describer("homeassistant", GatewayTopics("streamrnn", "gw"))
GATEWAY = DESCRIBER.topic("")


class Told:
    """Announcements, and the broker's retained messages that come of them."""

    def __init__(self, retained: set[str] | None = None, **settings: object) -> None:
        config = HomeAssistantConfig.model_validate({"enabled": True, **settings})
        self.announcements = Announcements(config, DESCRIBER, retained or set())
        self.at_broker: dict[str, bytes] = dict.fromkeys(retained or set(), b"old")
        self.order: list[str] = []

    def want(self, *names: str, buttons: bool = True, **units: str) -> None:
        labels = {name: Label(unit=units.get(name, "")) for name in names}
        self.announcements.want(names, labels, buttons=buttons)

    def say(self, most: int = 1000) -> int:
        """Publish up to `most`; how many there were."""
        documents = self.announcements.next(most)
        for topic, payload in documents:
            self.order.append(topic)
            self.at_broker[topic] = payload
            if not payload:
                del self.at_broker[topic]
        return len(documents)

    @property
    def devices(self) -> set[str]:
        return {json.loads(payload)["device"]["name"] for payload in self.at_broker.values()}


def test_streams_are_announced_once_after_their_gateway() -> None:
    told = Told()
    told.want("a", "b")
    told.say()
    assert told.devices == {"streamrnn gw", "a", "b"}
    assert told.order[0] == GATEWAY
    told.want("a", "b")
    assert told.say() == 0


def test_portions_are_as_small_as_asked_for() -> None:
    told = Told()
    told.want(*map(str, range(25)))
    assert [told.say(10), told.say(10), told.say(10), told.say(10)] == [10, 10, 6, 0]


def test_a_stream_that_is_gone_is_removed() -> None:
    told = Told()
    told.want("a", "b")
    told.say()
    told.want("b")
    told.say()
    assert told.devices == {"streamrnn gw", "b"}


def test_with_the_last_stream_the_gateway_goes_too() -> None:
    told = Told()
    told.want("a")
    told.say()
    told.want()
    told.say()
    assert told.at_broker == {}


def test_what_an_earlier_run_left_is_removed_unless_it_is_wanted() -> None:
    told = Told({DESCRIBER.topic("old"), DESCRIBER.topic("a")})
    told.want("a")
    told.say()
    assert told.devices == {"streamrnn gw", "a"}


def test_switched_off_everything_left_is_removed() -> None:
    told = Told({DESCRIBER.topic("a"), GATEWAY}, enabled=False)
    told.want("a")
    told.say()
    assert told.at_broker == {}
    assert told.say() == 0


def test_home_assistant_starting_anew_is_told_everything_again() -> None:
    told = Told()
    told.want("a", "b")
    told.say()
    told.announcements.again()
    assert told.say() == 3


def test_a_unit_that_becomes_known_is_told() -> None:
    told = Told()
    told.want("a", "b")
    told.say()
    told.want("a", "b", a="°C")
    assert told.say() == 1
    document = json.loads(told.at_broker[DESCRIBER.topic("a")])
    assert document["components"]["expected"]["unit_of_measurement"] == "°C"


def test_a_stream_not_heard_since_the_start_stays_as_it_was_described() -> None:
    told = Told({DESCRIBER.topic("a"), DESCRIBER.topic("b")})
    told.announcements.want(["a", "b"], {"b": Label(unit="°C")}, buttons=True)
    told.say()
    assert told.at_broker[DESCRIBER.topic("a")] == b"old"
    assert told.at_broker[DESCRIBER.topic("b")] != b"old"


def test_commands_switched_off_take_the_buttons_away() -> None:
    told = Told()
    told.want("a")
    told.say()
    told.want("a", buttons=False)
    assert told.say() == 1
    assert json.loads(told.at_broker[DESCRIBER.topic("a")])["components"]["snooze"] == {
        "p": "button"
    }


def test_only_streams_that_match_are_announced() -> None:
    told = Told(streams=["freezer/*"])
    told.want("freezer/temperature", "hall/sound")
    told.say()
    assert told.devices == {"streamrnn gw", "freezer/temperature"}
    assert told.announcements.left_out == 0


def test_streams_beyond_the_limit_are_left_out_and_counted() -> None:
    told = Told(max_streams=2)
    told.want("a", "b", "c", "d")
    told.say()
    assert told.devices == {"streamrnn gw", "a", "b"}
    assert told.announcements.left_out == 2


@given(st.lists(st.tuples(st.sets(st.sampled_from("abcde")), st.integers(0, 4)), max_size=8))
def test_however_streams_come_and_go_the_broker_has_what_is_wanted_in_the_end(
    changes: list[tuple[set[str], int]],
) -> None:
    told = Told()
    wanted: set[str] = set()
    for wanted, most in changes:
        told.want(*sorted(wanted))
        told.say(most)
        assert told.at_broker.keys() <= told.announcements.retained
    while told.say(3):
        pass
    assert told.devices == (wanted | {"streamrnn gw"} if wanted else set())
    assert told.announcements.retained == told.at_broker.keys()
