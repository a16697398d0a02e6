"""Is the daemon alive, is it ready: what `/healthz`, `/readyz` and the watchdog report.

Liveness is movement: every registered thread must beat in time. It never depends on the broker,
for a restart mends no broker. Readiness is a set of named conditions, all of which must hold.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Verdict(NamedTuple):
    """problems: name of a thread or condition -> what is wrong with it; empty when all is well."""

    ok: bool
    problems: dict[str, str]


class _Condition(NamedTuple):
    reason: str  # why it does not hold; empty when it does
    since: float
    holds_until: float


class Health:
    """Beats and conditions come from the threads that know; verdicts go to whoever asks.

    clock: monotonic seconds.
    conditions: names of what readiness needs; none of them holds until `ok` was called.
    """

    def __init__(self, clock: Callable[[], float], conditions: Iterable[str]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._beats: dict[str, tuple[float, float]] = {}  # thread -> (allowed silence, last beat)
        waiting = _Condition("not yet", clock(), math.inf)
        self._conditions = dict.fromkeys(conditions, waiting)

    def watch(self, thread: str, *, silence_seconds: float) -> None:
        """From now on `thread` must beat at least every `silence_seconds`."""
        with self._lock:
            self._beats[thread] = (silence_seconds, self._clock())

    def unwatch(self, thread: str) -> None:
        """`thread` is about to end as planned."""
        with self._lock:
            del self._beats[thread]

    def beat(self, thread: str) -> None:
        """`thread` moves. Raises KeyError when it is not watched."""
        with self._lock:
            allowed, _ = self._beats[thread]
            self._beats[thread] = (allowed, self._clock())

    def ok(self, condition: str, *, for_seconds: float = math.inf) -> None:
        """`condition` holds; after `for_seconds` without another call it lapses by itself."""
        now = self._clock()
        self._set(condition, _Condition("", now, now + for_seconds))

    def fail(self, condition: str, reason: str) -> None:
        """`condition` does not hold, because of `reason` (what, and what to do about it)."""
        if not reason:
            raise ValueError(f"health condition {condition!r} failed without a reason")
        self._set(condition, _Condition(reason, self._clock(), math.inf))

    def _set(self, name: str, condition: _Condition) -> None:
        with self._lock:
            if name not in self._conditions:
                known = ", ".join(self._conditions)
                raise KeyError(f"no health condition {name!r}; there are: {known}")
            self._conditions[name] = condition

    def live(self) -> Verdict:
        with self._lock:
            now, beats = self._clock(), dict(self._beats)
        problems = {
            thread: f"no sign of life for {now - last:.0f} s, {allowed:g} s are allowed"
            for thread, (allowed, last) in beats.items()
            if now - last > allowed
        }
        return Verdict(not problems, problems)

    def ready(self) -> Verdict:
        """A daemon that is not alive is not ready either."""
        with self._lock:
            now, conditions = self._clock(), dict(self._conditions)
        problems = dict(self.live().problems)
        for name, condition in conditions.items():
            if condition.reason:
                problems[name] = condition.reason
            elif now > condition.holds_until:
                problems[name] = f"last confirmed {now - condition.since:.0f} s ago"
        return Verdict(not problems, problems)

    def parts(self) -> dict[str, bool]:
        """Every thread and condition that readiness needs, and whether it is well."""
        with self._lock:
            names = [*self._beats, *self._conditions]
        problems = self.ready().problems
        return {name: name not in problems for name in names}
