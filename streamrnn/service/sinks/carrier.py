"""Carries events from the durable outbox to one destination, in a thread of its own."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import Final

from streamrnn.records import Event
from streamrnn.service.outbox import AlertOutbox
from streamrnn.service.sinks.outlet import Outlet
from streamrnn.service.sinks.post import RefusedError, TryLaterError
from streamrnn.service.sinks.tally import Counts, Tally

log = logging.getLogger("streamrnn.alerts")

REFUSED: Final = "refused"
TOO_OLD: Final = "too_old"
FAILED: Final = "failed"

_MOST: Final = 20  # events at a time
_WAIT_SECONDS: Final = 0.25
_LOG_EVERY_SECONDS: Final = 600.0  # while the destination stays away


class Backoff:
    """Pauses between attempts: doubling, each shortened by up to a third at random so that many
    gateways do not come back at one moment."""

    def __init__(self, rng: random.Random, *, first: float = 1.0, longest: float = 300.0) -> None:
        self._rng = rng
        self._first = first
        self._longest = longest
        self._failures = 0

    def failed(self) -> float:
        """Seconds to wait now."""
        pause = min(self._first * 2.0 ** min(self._failures, 32), self._longest)
        self._failures += 1
        return pause * self._rng.uniform(2 / 3, 1.0)

    def worked(self) -> None:
        self._failures = 0


class Carrier(Outlet):
    """At least once, in order, until each event was delivered, refused for good, or has waited too
    long. A destination that is away costs nobody else anything. What is not delivered when it is
    closed stays in the outbox for the next start.

    destination: its name at the outbox. deliver: returns when it has the event, raises
    TryLaterError or RefusedError. give_up_after: seconds since the first attempt.
    """

    def __init__(
        self,
        destination: str,
        outbox: AlertOutbox,
        deliver: Callable[[Event], None],
        *,
        give_up_after: float,
        backoff: Backoff,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(destination)
        self.destination = destination
        self._outbox = outbox
        self._deliver = deliver
        self._give_up_after = give_up_after
        self._backoff = backoff
        self._clock = clock
        self._counts = Counts()
        self._first_tried: tuple[int, float] = (0, 0.0)  # position, when
        self._logged_at: float | None = None

    def tally(self) -> Tally:
        tally = self._counts.tally(self._outbox.depth(self.destination))
        if given_up := self._outbox.dropped[self.destination]:
            tally.dropped["outbox_full"] = given_up
        return tally

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._outbox.wait(self.destination, 0, _WAIT_SECONDS):
                continue
            for entry in self._outbox.next(self.destination, _MOST):
                pause = self._attempt(entry.position, entry.event)
                if pause is not None:
                    self._stopping.wait(pause)
                if pause is not None or self._stopping.is_set():
                    break

    def _attempt(self, position: int, event: Event) -> float | None:
        """Seconds to wait before the next attempt; None when the event is settled."""
        if self._first_tried[0] != position:
            self._first_tried = (position, self._clock())
        try:
            self._deliver(event)
        except TryLaterError as error:
            if self._clock() - self._first_tried[1] < self._give_up_after:
                self._report_trouble(error)
                return max(self._backoff.failed(), error.seconds)
            self._give_up(event, TOO_OLD, str(error))
        except RefusedError as error:
            self._give_up(event, REFUSED, str(error))
        except Exception:  # an event that we cannot handle must not hold up all others
            log.exception("alert_delivery_failed", extra={"data": {"id": event.id}})
            self._give_up(event, FAILED, "an error of ours: see alert_delivery_failed")
        else:
            self._counts.delivered()
            self._report_recovery()
        self._backoff.worked()
        self._outbox.confirm(self.destination, position)
        return None

    def _give_up(self, event: Event, reason: str, detail: str) -> None:
        self._counts.dropped(reason)
        data = {"destination": self.destination, "stream": event.stream, "id": event.id}
        data |= {"reason": reason, "detail": detail}
        log.error("alert_not_delivered", extra={"data": data})

    def _report_trouble(self, error: TryLaterError) -> None:
        now = self._clock()
        if self._logged_at is None or now - self._logged_at >= _LOG_EVERY_SECONDS:
            self._logged_at = now
            waiting = self._outbox.depth(self.destination)
            data = {"destination": self.destination, "reason": str(error), "waiting": waiting}
            log.warning("alert_waits", extra={"data": data})

    def _report_recovery(self) -> None:
        if self._logged_at is not None:
            self._logged_at = None
            log.info("alerts_delivered_again", extra={"data": {"destination": self.destination}})
