"""One stream's anomaly while it lasts: what it looks like, and when it is over."""

from __future__ import annotations

import msgspec

from streamrnn.config import AlertsConfig
from streamrnn.records import Kind


class Anomaly(msgspec.Struct):
    """An anomaly of one stream that has not ended.

    since: time of the reading with which it began, or of the last one before a silence.
    calm_since: of the first of the latest readings that are all below `close_below`, or None.
    past: the gravest kind of what is over, while the anomaly as a whole is not, or beyond doubt.
    interval, patience: of a silent stream, the seconds that usually lie between two readings, and
    those after which it is missed; None: unknown.
    broken_since: of a stream that fell silent when it was anomalous already, what `since` was.
    """

    kind: Kind
    since: float
    calm_since: float | None = None
    interval: float | None = None
    patience: float | None = None
    past: Kind = Kind.NONE
    broken_since: float | None = None

    @property
    def is_calm(self) -> bool:
        return self.calm_since is not None

    def turn_silent(self, last: float, interval: float | None, patience: float) -> None:
        """No readings come any more. last: time of the last one."""
        if self.kind is not Kind.STALE:
            self.kind, self.since, self.broken_since = Kind.STALE, last, self.since
        self.calm_since, self.interval, self.patience = None, interval, patience

    def is_heard_again(self, kind: int) -> bool:
        """A silent stream's next reading. Whether the anomaly is over: not if something else was
        wrong before, and the detector says that it still is."""
        if self.broken_since is None or kind == Kind.NONE:
            return True
        self.kind, self.since, self.broken_since = Kind(kind), self.broken_since, None
        self.interval = self.patience = None
        return False

    def follow(self, kind: int, score: float, time: float, config: AlertsConfig) -> bool:
        """Takes up the stream's next reading. Whether the anomaly is over.

        kind: what the detector makes of it, which may change the longer it looks; NONE: it is over,
        and what comes next is something new.
        """
        if kind == Kind.NONE:
            self.past = self.kind
        else:
            self.kind = max(self.past, Kind(kind))
            if kind >= Kind.FLATLINE:  # measured, not guessed
                self.past = self.kind
        if score < config.close_below:
            # A sensor's clock that was set back must not hold us until it has caught up.
            if self.calm_since is None or self.calm_since > time:
                self.calm_since = time
            lasts = kind != Kind.NONE  # by the detector's count: readings may be far apart
            return not lasts and time - self.calm_since >= config.close_after
        self.calm_since = None
        return False
