"""Home Assistant at the other end of a real broker."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from streamrnn.config import HomeAssistantConfig
from streamrnn.ingest import StreamInfo
from streamrnn.service.disk import Disk
from streamrnn.service.homeassistant import HomeAssistant, Ledger
from streamrnn.service.homeassistant.announcer import Link
from streamrnn.service.homeassistant.documents import Document
from tests.mosquitto import Mosquitto
from tests.service.fleet_snapshots import fleet
from tests.service.homeassistant.as_home_assistant import checked
from tests.service.mqtt_peers import Peer, eventually, make_link, running
from tests.service.pipeline import TOPICS, FakeLink, message
from tests.service.taken_folder import taken_by_another

pytestmark = pytest.mark.broker

NOT_MUCH = StreamInfo(topic="", path=(), format="", device="", name="", unit="")
DISCOVERY = "homeassistant/device/+/config"


@contextmanager
def announcing(
    link: Link, folder: Path, *streams: str, ledger: Ledger | None = None, **settings: Any
) -> Iterator[tuple[list[str], HomeAssistant]]:
    """`streams` are there at first; they can be changed in the list that this yields."""
    names = list(streams)
    config = HomeAssistantConfig.model_validate({"enabled": True, **settings})
    announcer = HomeAssistant(
        config,
        link,
        TOPICS,
        read=lambda: fleet(names, infos=dict.fromkeys(names, NOT_MUCH)),
        buttons=lambda: True,
        ledger=ledger or Ledger(folder, Disk()),
        turn_seconds=0.02,
        look_seconds=0.02,
    )
    announcer.start()
    try:
        yield names, announcer
    finally:
        announcer.stop()


def retained_devices(broker: Mosquitto) -> set[str]:
    """What a Home Assistant that starts now finds."""
    with Peer(broker, DISCOVERY, "fence") as peer:
        peer.publish("fence", "")
        eventually(lambda: peer.payloads("fence"))
        return {
            str(checked(Document(topic, payload)).device.name)
            for topic, payload, is_retained in peer.heard
            if is_retained
        }


def test_streams_appear_and_disappear(mosquitto: Mosquitto, tmp_path: Path) -> None:
    with (
        running(make_link(mosquitto.url)) as link,
        announcing(link, tmp_path, "freezer", "door") as (names, _),
    ):
        eventually(lambda: retained_devices(mosquitto) == {"streamrnn gw", "freezer", "door"})
        names.remove("freezer")
        eventually(lambda: retained_devices(mosquitto) == {"streamrnn gw", "door"})


def test_when_home_assistant_says_that_it_is_there_all_is_told_again(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with (
        running(make_link(mosquitto.url)) as link,
        announcing(link, tmp_path, "freezer") as (_, announcer),
        Peer(mosquitto, DISCOVERY) as peer,
    ):
        eventually(lambda: len(peer.heard) == 2)
        announcer.hear(message("homeassistant/status", "offline"))
        announcer.hear(message("homeassistant/status", "online"))
        eventually(lambda: len(peer.heard) == 4)


def test_a_broker_that_has_forgotten_everything_is_told_again(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with (
        running(make_link(mosquitto.url)) as link,
        announcing(link, tmp_path, "freezer"),
    ):
        eventually(lambda: len(retained_devices(mosquitto)) == 2)
        mosquitto.kill()  # before it has saved anything
        mosquitto.start()
        eventually(lambda: len(retained_devices(mosquitto)) == 2)


def test_a_stream_lost_while_we_were_away_is_removed(mosquitto: Mosquitto, tmp_path: Path) -> None:
    with running(make_link(mosquitto.url)) as link:
        with announcing(link, tmp_path, "freezer", "door"):
            eventually(lambda: len(retained_devices(mosquitto)) == 3)
        with announcing(link, tmp_path, "door"):
            eventually(lambda: retained_devices(mosquitto) == {"streamrnn gw", "door"})


def test_switched_off_all_devices_are_removed(mosquitto: Mosquitto, tmp_path: Path) -> None:
    with running(make_link(mosquitto.url)) as link:
        with announcing(link, tmp_path, "freezer"):
            eventually(lambda: len(retained_devices(mosquitto)) == 2)
        with announcing(link, tmp_path, "freezer", enabled=False):
            eventually(lambda: retained_devices(mosquitto) == set())


def test_a_button_pressed_reaches_us_as_a_command(mosquitto: Mosquitto, tmp_path: Path) -> None:
    with (
        running(make_link(mosquitto.url)) as link,
        announcing(link, tmp_path, "freezer"),
        Peer(mosquitto, DISCOVERY) as peer,
    ):
        eventually(lambda: len(peer.heard) == 2)
        button = json.loads(peer.heard[-1][1])["components"]["not_an_anomaly"]
        eventually(lambda: link.subscribed)
        peer.publish(button["command_topic"], button["payload_press"])
        (pressed,) = link.take(1, timeout=30.0)
        assert (pressed.topic, pressed.payload) == (TOPICS.command("freezer"), b"not_an_anomaly")


class StuckLink(FakeLink):
    """Connected, but nothing leaves its queue."""

    connected = True
    reconnects = 0

    def __init__(self) -> None:
        super().__init__()
        self.denied = False

    @property
    def publish_queue_depth(self) -> int:
        return len(self.published)

    def is_denied(self, topic: str) -> bool:
        return self.denied and bool(self.published)


def test_ten_thousand_streams_leave_room_for_events(tmp_path: Path) -> None:
    link = StuckLink()
    streams = [f"stream-{i}" for i in range(10_000)]
    with announcing(link, tmp_path, *streams, max_streams=10_000):
        eventually(lambda: len(link.published) >= 500)
    assert len(link.published) == 500


def test_a_broker_that_denies_us_is_asked_once_until_its_rules_are_mended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    link = StuckLink()
    link.denied = True
    with announcing(link, tmp_path, "freezer", "door"):
        eventually(lambda: "homeassistant_denied" in caplog.text)
        assert len(link.published) == 1
        link.denied = False  # as after a reload
        eventually(lambda: len(link.published) == 4)


def test_that_it_cannot_remember_is_told_once_and_ends_with_the_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with ExitStack() as stack:
        with taken_by_another(tmp_path / "state") as claim:
            ledger = Ledger(tmp_path / "state", Disk(), claim.keep)
            stack.enter_context(announcing(StuckLink(), tmp_path, "freezer", ledger=ledger))
            eventually(lambda: claim.asked > 5)
            assert not ledger.path.exists()
        eventually(lambda: "homeassistant_ledger_written_again" in caplog.text)
    assert ledger.path.exists()
    (told,) = (r for r in caplog.records if r.msg == "homeassistant_ledger_not_written")
    assert "give each a state.directory of its own" in told.__dict__["data"]["remedy"]
    assert str(ledger.path) in told.__dict__["data"]["reason"]
