"""Liveness and readiness, on a clock of our own."""

from __future__ import annotations

import pytest

from streamrnn.service.health import Health, Verdict


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(clock, ["connected", "checkpoint"])


def test_a_thread_that_beats_is_alive(health: Health, clock: Clock) -> None:
    health.watch("loop", silence_seconds=10)
    for _ in range(5):
        clock.now += 9
        health.beat("loop")
        assert health.live() == Verdict(True, {})


def test_a_thread_that_falls_silent_is_named(health: Health, clock: Clock) -> None:
    health.watch("loop", silence_seconds=10)
    health.watch("trainer", silence_seconds=600)
    clock.now += 11
    verdict = health.live()
    assert not verdict.ok
    assert verdict.problems == {"loop": "no sign of life for 11 s, 10 s are allowed"}


def test_a_thread_that_ended_as_planned_is_not_missed(health: Health, clock: Clock) -> None:
    health.watch("loop", silence_seconds=10)
    health.unwatch("loop")
    clock.now += 100
    assert health.live().ok


def test_a_beat_of_an_unwatched_thread_is_a_mistake(health: Health) -> None:
    with pytest.raises(KeyError, match="loop"):
        health.beat("loop")


def test_nothing_is_ready_before_every_condition_was_met(health: Health) -> None:
    health.ok("connected")
    assert health.ready() == Verdict(False, {"checkpoint": "not yet"})
    health.ok("checkpoint")
    assert health.ready() == Verdict(True, {})


def test_a_failed_condition_tells_why_until_it_is_met_again(health: Health) -> None:
    health.ok("checkpoint")
    health.fail("connected", "the broker refused the password")
    assert health.ready().problems == {"connected": "the broker refused the password"}
    health.ok("connected")
    assert health.ready().ok


def test_a_condition_lapses_when_nobody_confirms_it(health: Health, clock: Clock) -> None:
    health.ok("connected")
    health.ok("checkpoint", for_seconds=180)
    clock.now += 180
    assert health.ready().ok
    clock.now += 20
    assert health.ready().problems == {"checkpoint": "last confirmed 200 s ago"}


def test_a_daemon_that_is_not_alive_is_not_ready(health: Health, clock: Clock) -> None:
    health.ok("connected")
    health.ok("checkpoint")
    health.watch("loop", silence_seconds=10)
    clock.now += 11
    assert health.ready().problems.keys() == {"loop"}


def test_a_misspelt_condition_is_refused_with_the_known_ones(health: Health) -> None:
    with pytest.raises(KeyError, match="connected, checkpoint"):
        health.ok("conected")


def test_a_failure_without_a_reason_is_refused(health: Health) -> None:
    with pytest.raises(ValueError, match="without a reason"):
        health.fail("connected", "")


def test_each_part_is_well_or_not(health: Health, clock: Clock) -> None:
    health.watch("loop", silence_seconds=10)
    health.ok("connected")
    assert health.parts() == {"loop": True, "connected": True, "checkpoint": False}
    clock.now += 11
    assert not health.parts()["loop"]
