"""One anomaly while it lasts: when to speak of it again, and when it is over."""

from __future__ import annotations

import msgspec

from streamrnn.config import AlertsConfig
from streamrnn.records import Event, EventType, Kind


class Anomaly(msgspec.Struct):
    """An anomaly that has not ended.

    since: time of the reading that opened it; reported_at: of the one behind its last event;
    calm_since: of the first of the latest readings that are all below `close_below`, or None.
    event: its last one.
    """

    id: str
    kind: Kind
    since: float
    reported_at: float
    event: Event
    calm_since: float | None = None
    acknowledged: bool = False

    def follow(
        self, kind: int, score: float, time: float, config: AlertsConfig
    ) -> EventType | None:
        """What the stream's next reading calls for: an update, the end, or nothing."""
        # A sensor's clock that was set back must not hold us until it has caught up.
        self.reported_at = min(self.reported_at, time)
        if score < config.close_below:
            if self.calm_since is None or self.calm_since > time:
                self.calm_since = time
            return EventType.END if time - self.calm_since >= config.cooldown else None
        self.calm_since = None
        graver = kind > self.kind
        if graver:
            self.kind = Kind(kind)
        if self.acknowledged or not (graver or time - self.reported_at >= config.update_every):
            return None
        self.reported_at = time
        return EventType.UPDATE
