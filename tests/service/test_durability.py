"""Exact while it fits, relaxed where it would keep readings from us, and said aloud."""

from __future__ import annotations

import pytest

from streamrnn.service.acknowledgements import Mode
from streamrnn.service.durability import Durability, Load, Setting

WINDOW = 1000
EVERY = 60.0


class Gateway:
    """Time passes in quarters of a second, messages come at a rate."""

    def __init__(self, setting: Setting = "auto") -> None:
        self.durability = Durability(setting, EVERY)
        self.now = 0.0
        self.messages = 0.0
        self.held = 0
        self.disk_ails = False
        self.window = WINDOW

    def spend(self, seconds: float, rate: float) -> Mode:
        for _ in range(round(seconds / 0.25)):
            self.now += 0.25
            self.messages += rate / 4
            self.look()
        return self.durability.mode

    def look(self) -> None:
        self.durability.observe(
            Load(self.now, int(self.messages), self.held, self.window, self.disk_ails)
        )


def test_auto_is_exact_while_the_readings_between_checkpoints_fit_the_window() -> None:
    assert Gateway().spend(300, rate=10) is Mode.EXACT
    assert Gateway().spend(300, rate=20) is Mode.RELAXED


def test_auto_does_not_change_to_and_fro() -> None:
    gateway = Gateway()
    assert gateway.spend(300, rate=16) is Mode.RELAXED
    assert gateway.spend(300, rate=10) is Mode.RELAXED
    assert gateway.spend(300, rate=5) is Mode.EXACT
    assert gateway.spend(300, rate=10) is Mode.EXACT


def test_what_is_set_is_kept_whatever_the_rate() -> None:
    assert Gateway("exact").spend(300, rate=5000) is Mode.EXACT
    assert Gateway("relaxed").spend(300, rate=0.1) is Mode.RELAXED


def test_each_change_is_logged_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "streamrnn.durability"):
        Gateway().spend(300, rate=100)
    first, change = (record.__dict__["data"] for record in caplog.records)
    assert (first["mode"], change["mode"]) == ("exact", "relaxed")
    assert "1000 ahead" in change["why"]
    assert "receive_maximum" in change["remedy"]


def test_a_checkpoint_is_early_when_half_the_window_waits() -> None:
    gateway = Gateway("exact")
    gateway.spend(1, rate=100)
    gateway.held = WINDOW // 2 - 1
    gateway.look()
    assert not gateway.durability.wants_checkpoint()
    gateway.held += 1
    gateway.look()
    assert gateway.durability.wants_checkpoint()


def test_a_disk_that_fails_stops_no_reading_and_exact_returns_when_it_heals() -> None:
    gateway = Gateway("exact")
    gateway.disk_ails = True
    gateway.held = WINDOW // 2
    assert gateway.spend(1, rate=10) is Mode.EXACT, "there is still room to wait"
    gateway.held = WINDOW * 3 // 4
    assert gateway.spend(1, rate=10) is Mode.RELAXED
    gateway.held = 0
    assert gateway.spend(60, rate=10) is Mode.RELAXED, "as long as it fails"
    gateway.disk_ails = False
    assert gateway.spend(1, rate=10) is Mode.EXACT


def test_silence_with_messages_held_back_asks_for_a_checkpoint() -> None:
    gateway = Gateway("exact")
    gateway.spend(60, rate=10)
    gateway.held = 100
    gateway.spend(1.5, rate=0)
    assert not gateway.durability.wants_checkpoint()
    gateway.spend(5, rate=0)
    assert gateway.durability.wants_checkpoint()


def test_a_broker_that_goes_on_at_once_after_the_acknowledgement_has_a_smaller_window(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gateway = Gateway("auto")
    gateway.spend(60, rate=10)
    gateway.held = 32
    gateway.spend(5, rate=0)
    assert gateway.durability.wants_checkpoint()
    gateway.durability.acknowledged(gateway.now)
    gateway.held = 0
    assert gateway.spend(20, rate=10) is Mode.RELAXED
    assert gateway.durability.window == 32
    assert "broker_sends_less_ahead" in caplog.text


def test_a_pause_of_the_sensors_is_no_sign_of_a_smaller_window() -> None:
    gateway = Gateway("auto")
    gateway.spend(60, rate=10)
    gateway.held = 32
    gateway.spend(5, rate=0)
    assert gateway.durability.wants_checkpoint()
    gateway.durability.acknowledged(gateway.now)
    gateway.held = 0
    gateway.spend(10, rate=0)
    assert gateway.spend(20, rate=10) is Mode.EXACT
    assert gateway.durability.window == WINDOW
