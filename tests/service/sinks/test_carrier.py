"""Events on their way to one destination: at least once, in order, never for ever."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.records import Event
from streamrnn.service.outbox import AlertOutbox
from streamrnn.service.sinks.carrier import Backoff, Carrier
from streamrnn.service.sinks.post import RefusedError, TryLaterError
from tests.service.fleet_snapshots import opened
from tests.service.mqtt_peers import eventually
from tests.service.sinks.outbox import running_outbox

NAME: Final = "webhook:w"


class Destination:
    """Takes what it is given after `troubles`, in their order."""

    def __init__(self, *troubles: Exception) -> None:
        self.troubles = list(troubles)
        self.taken: list[str] = []
        self.attempts = 0

    def deliver(self, event: Event) -> None:
        self.attempts += 1
        if self.troubles:
            raise self.troubles.pop(0)
        self.taken.append(event.stream)


def queue(outbox: AlertOutbox, *streams: str) -> None:
    outbox.append([opened(stream) for stream in streams])


@contextmanager
def carrying(
    outbox: AlertOutbox,
    deliver: Callable[[Event], None],
    clock: Callable[[], float] = lambda: 0.0,
) -> Iterator[Carrier]:
    carrier = Carrier(
        NAME,
        outbox,
        deliver,
        give_up_after=100.0,
        backoff=Backoff(random.Random(1), first=0.001, longest=0.01),
        clock=clock,
    )
    carrier.start()
    try:
        yield carrier
    finally:
        carrier.close()
        carrier.join(30.0)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[AlertOutbox]:
    with running_outbox(tmp_path, NAME) as box:
        yield box


def test_events_arrive_in_order(outbox: AlertOutbox) -> None:
    destination = Destination()
    queue(outbox, "a", "b", "c")
    with carrying(outbox, destination.deliver) as carrier:
        eventually(lambda: outbox.depth(NAME) == 0)
        assert destination.taken == ["a", "b", "c"]
        assert carrier.tally().delivered == 3


def test_a_destination_that_is_away_gets_everything_when_it_is_back(outbox: AlertOutbox) -> None:
    destination = Destination(*[TryLaterError("down")] * 5)
    queue(outbox, "a", "b")
    with carrying(outbox, destination.deliver) as carrier:
        eventually(lambda: outbox.depth(NAME) == 0)
        assert destination.taken == ["a", "b"]
        assert carrier.tally().dropped.total() == 0


def test_what_was_not_delivered_at_stop_is_delivered_by_the_next_start(tmp_path: Path) -> None:
    away, back = Destination(*[TryLaterError("down")] * 1_000_000), Destination()
    with running_outbox(tmp_path, NAME) as outbox, carrying(outbox, away.deliver):
        queue(outbox, "a")
        eventually(lambda: away.attempts)
    with running_outbox(tmp_path, NAME) as outbox, carrying(outbox, back.deliver):
        eventually(lambda: back.taken == ["a"])


def test_an_event_refused_for_good_does_not_hold_up_the_next(
    outbox: AlertOutbox, caplog: pytest.LogCaptureFixture
) -> None:
    destination = Destination(RefusedError("HTTP 400 no such chat"))
    queue(outbox, "a", "b")
    with carrying(outbox, destination.deliver) as carrier:
        eventually(lambda: destination.taken == ["b"])
        eventually(lambda: carrier.tally().waiting == 0)
        assert carrier.tally().dropped == {"refused": 1}
    (record,) = (r for r in caplog.records if r.message == "alert_not_delivered")
    assert record.__dict__["data"]["detail"] == "HTTP 400 no such chat"


def test_an_error_of_ours_costs_one_event(
    outbox: AlertOutbox, caplog: pytest.LogCaptureFixture
) -> None:
    destination = Destination(ZeroDivisionError())
    queue(outbox, "a", "b")
    with carrying(outbox, destination.deliver) as carrier:
        eventually(lambda: destination.taken == ["b"])
        assert carrier.tally().dropped == {"failed": 1}
    assert "alert_delivery_failed" in caplog.text


def test_an_event_that_has_waited_too_long_is_given_up(outbox: AlertOutbox) -> None:
    now = [0.0]

    def deliver(event: Event) -> None:
        now[0] += 60.0
        raise TryLaterError("down")

    queue(outbox, "a")
    with carrying(outbox, deliver, lambda: now[0]) as carrier:
        eventually(lambda: outbox.depth(NAME) == 0)
        assert carrier.tally().dropped == {"too_old": 1}
    assert now[0] == 120.0


def test_a_destination_that_is_away_is_logged_once_and_its_return_too(
    outbox: AlertOutbox, caplog: pytest.LogCaptureFixture
) -> None:
    destination = Destination(*[TryLaterError("down")] * 5)
    queue(outbox, "a")
    with caplog.at_level(logging.INFO), carrying(outbox, destination.deliver):
        eventually(lambda: "alerts_delivered_again" in caplog.text)
    assert sum(r.message == "alert_waits" for r in caplog.records) == 1


def test_a_destination_that_asks_for_time_is_given_it(outbox: AlertOutbox) -> None:
    destination = Destination(TryLaterError("busy", seconds=3600.0))
    queue(outbox, "a")
    with carrying(outbox, destination.deliver):
        eventually(lambda: destination.attempts)
        time.sleep(0.2)  # twenty of the usual pauses
    assert destination.attempts == 1


def test_what_the_outbox_gave_up_is_counted(outbox: AlertOutbox) -> None:
    destination = Destination(*[TryLaterError("down")] * 1_000_000)
    with carrying(outbox, destination.deliver) as carrier:
        queue(outbox, *map(str, range(150)))  # it holds 100
        eventually(lambda: carrier.tally().dropped["outbox_full"] == 50)


@given(st.integers(1, 2000), st.integers(0, 2**32))
def test_pauses_grow_to_a_limit_and_are_never_equal_for_all(failures: int, seed: int) -> None:
    backoff = Backoff(random.Random(seed), first=1.0, longest=300.0)
    pauses = [backoff.failed() for _ in range(failures)]
    assert all(2 / 3 <= p / min(2.0 ** min(n, 30), 300.0) <= 1.0 for n, p in enumerate(pauses))
    backoff.worked()
    assert backoff.failed() <= 1.0


def test_the_next_event_after_trouble_is_a_fresh_one(outbox: AlertOutbox) -> None:
    later = msgspec.structs.replace(opened("a"), time=0.0)
    destination = Destination(TryLaterError("down"), TryLaterError("down", seconds=0.01))
    outbox.append([later, opened("b")])
    with carrying(outbox, destination.deliver):
        eventually(lambda: destination.taken == ["a", "b"])
