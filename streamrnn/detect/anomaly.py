"""One stream's anomaly while it lasts: what it looks like, and when it is over."""

from __future__ import annotations

import msgspec

from streamrnn.config import AlertsConfig
from streamrnn.records import Kind


class Anomaly(msgspec.Struct):
    """An anomaly of one stream that has not ended.

    since: time of the reading with which it began, or of the last one before a silence.
    calm_since: of the first of the latest readings that are all below `close_below`, or None.
    interval, patience: of a silent stream, the seconds that usually lie between two readings, and
    those after which it is missed; None: unknown.
    """

    kind: Kind
    since: float
    calm_since: float | None = None
    interval: float | None = None
    patience: float | None = None

    @property
    def is_calm(self) -> bool:
        return self.calm_since is not None

    def turn_silent(self, last: float, interval: float | None, patience: float) -> None:
        """No readings come any more. last: time of the last one."""
        if self.kind is not Kind.STALE:
            self.kind, self.since = Kind.STALE, last
        self.calm_since, self.interval, self.patience = None, interval, patience

    def follow(self, kind: int, score: float, time: float, config: AlertsConfig) -> bool:
        """Takes up the stream's next reading. Whether the anomaly is over.

        kind: what the detector makes of it so far; what a spike was is known when it is past.
        """
        self.kind = max(self.kind, Kind(kind))
        if score < config.close_below:
            # A sensor's clock that was set back must not hold us until it has caught up.
            if self.calm_since is None or self.calm_since > time:
                self.calm_since = time
            lasts = kind != Kind.NONE  # by the detector's count: readings may be far apart
            return not lasts and time - self.calm_since >= config.close_after
        self.calm_since = None
        return False
