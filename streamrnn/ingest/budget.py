"""How often something may happen: so many at once, so many a second in the long run."""

from __future__ import annotations


class Budget:
    """A token bucket. Its clock is the arrival of the messages, so the same messages are always
    treated the same."""

    def __init__(self, at_once: float, per_second: float) -> None:
        self._capacity = at_once
        self._per_second = per_second
        self._tokens = at_once
        self._refilled_at: float | None = None

    def take(self, at: float) -> bool:
        """Whether it may happen now, in Unix seconds; if so, it counts as having happened."""
        if self._refilled_at is not None:
            # A clock that was put back gives nothing, and takes nothing away.
            elapsed = max(0.0, at - self._refilled_at)
            self._tokens = min(self._capacity, self._tokens + elapsed * self._per_second)
        self._refilled_at = at
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
