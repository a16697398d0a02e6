"""The thread that talks to the broker: one connection after the other, until it is told to stop."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from streamrnn.config import MqttConfig
from streamrnn.errors import ConfigError
from streamrnn.service.mqtt import Backoff
from streamrnn.service.mqtt.canary import Canary
from streamrnn.service.mqtt.exchange import Exchange
from streamrnn.service.mqtt.history import History
from streamrnn.service.mqtt.inbox import Inbox
from streamrnn.service.mqtt.network_thread import NetworkThread
from streamrnn.service.mqtt.publish_queue import Outgoing, PublishQueue
from streamrnn.service.mqtt.subscriptions import Subscriptions
from tests.service.mqtt_peers import CONNACK_5, FakeBroker, eventually

CONNACK_UNSUPPORTED_VERSION = b"\x20\x03\x00\x84\x00"
MQTT_3_1_1, MQTT_5 = 4, 5


class Setting:
    """A network thread with all that it needs, which is not started yet."""

    def __init__(self, url: str, *, patience_seconds: float = 30.0, **settings: Any) -> None:
        config = MqttConfig(broker=url, **settings)
        canary = Canary("streamrnn/gw/canary")
        self.history = History(config, had_session=False)
        self.exchange = Exchange(
            Inbox(100, reserve=100), PublishQueue(100), canary, Subscriptions(canary.topic)
        )
        self.thread = NetworkThread(
            config,
            "gw",
            "streamrnn/gw/availability",
            self.exchange,
            self.history,
            backoff=Backoff(random.Random(1), first_seconds=0.01, longest_seconds=0.02),
            clock=time.time,
            patience_seconds=patience_seconds,
        )


def network_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "mqtt"]


@contextmanager
def running(setting: Setting) -> Iterator[NetworkThread]:
    setting.thread.start()
    try:
        yield setting.thread
    finally:
        setting.thread.stop(5.0)


def test_each_connection_has_the_next_epoch_and_none_has_0() -> None:
    with FakeBroker(CONNACK_5) as broker:
        setting = Setting(broker.url)
        assert (setting.thread.epoch, setting.thread.connected) == (0, False)
        with running(setting) as thread:
            eventually(lambda: thread.connected)
            assert thread.epoch == 1
        assert (thread.epoch, thread.connected, thread.alive) == (0, False, False)


def test_a_connection_that_ends_is_followed_by_the_next() -> None:
    with FakeBroker(None, None, CONNACK_5) as broker:
        setting = Setting(broker.url, protocol="5")
        with running(setting) as thread:
            eventually(lambda: thread.connected)
            assert thread.epoch == 3
            assert setting.history.connections == 1
            assert setting.history.problem is None


def test_a_broker_without_mqtt_5_is_spoken_to_in_3_1_1_from_then_on() -> None:
    with FakeBroker(CONNACK_UNSUPPORTED_VERSION, b"\x20\x02\x00\x00") as broker:
        setting = Setting(broker.url)
        assert setting.thread.speaks_v5
        with running(setting) as thread:
            eventually(lambda: thread.connected)
            assert not thread.speaks_v5
        assert broker.versions == [MQTT_5, MQTT_3_1_1]


def test_a_password_that_cannot_be_read_is_an_error_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("secret")
    setting = Setting("mqtt://127.0.0.1:1", user="gw", password_file=file)
    file.unlink()
    with pytest.raises(ConfigError, match="password"):
        setting.thread.start()
    assert not setting.thread.alive


def test_a_password_file_that_is_away_for_a_while_costs_attempts_and_no_more(
    tmp_path: Path,
) -> None:
    file = tmp_path / "password"
    file.write_text("secret")
    with FakeBroker(None, CONNACK_5) as broker:
        setting = Setting(broker.url, protocol="5", user="gw", password_file=file)
        setting.thread.start()
        file.unlink()
        try:
            eventually(lambda: "password" in (setting.history.problem or ""))
            assert setting.thread.alive
            file.write_text("secret")
            eventually(lambda: setting.thread.connected)
        finally:
            setting.thread.stop(5.0)


def test_a_thread_that_hangs_is_known_and_replaced_and_comes_to_its_end_later() -> None:
    let_go = threading.Event()
    hanging = Outgoing("streamrnn/gw/a", b"", 0, False, lambda _: let_go.wait(60.0))
    with FakeBroker(CONNACK_5) as broker:
        setting = Setting(broker.url, patience_seconds=1.5)
        with running(setting) as thread:
            eventually(lambda: thread.connected)
            (old,) = network_threads()
            assert not thread.stuck
            setting.exchange.publish_queue.put(hanging)
            setting.exchange.wakeup.ring()
            eventually(lambda: thread.stuck)
            thread.rebuild()
            eventually(lambda: thread.connected)
            assert (thread.epoch, thread.stuck, setting.history.broken) == (2, False, 1)
            let_go.set()
            eventually(lambda: not old.is_alive())
            assert (thread.epoch, thread.connected) == (2, True)


def test_to_stop_takes_no_longer_than_it_may_though_nobody_answers() -> None:
    with FakeBroker(b"") as broker:
        setting = Setting(broker.url)
        setting.thread.start()
        eventually(lambda: broker.versions)
        assert setting.thread.stop(0.5)
        assert not setting.thread.alive
        assert setting.thread.stopping


def test_what_was_told_to_stop_before_it_began_never_connects() -> None:
    with FakeBroker(CONNACK_5) as broker:
        setting = Setting(broker.url)
        assert setting.thread.stop(0.5)
        setting.thread.start()
        eventually(lambda: not setting.thread.alive)
        assert broker.versions == []
