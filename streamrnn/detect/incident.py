"""What people are told of as one thing: the anomalies of a device that began together."""

from __future__ import annotations

import msgspec

from streamrnn.records import Event, Kind


class Incident(msgspec.Struct):
    """Mostly the anomaly of one stream, its leader; others of the same device may join.

    streams: all that have belonged to it, the leader first. kind: of the one stream, or the gravest
    that any of several has had.
    since: time of the reading with which it began; reported_at: of the one behind its last event,
    which is `event`.
    """

    id: str
    device: str
    streams: list[str]
    kind: Kind
    since: float
    reported_at: float
    event: Event | None = None
    acknowledged: bool = False

    @property
    def leader(self) -> str:
        return self.streams[0]

    def accepts(self, stream: str, device: str, since: float, within: float) -> bool:
        """Whether an anomaly that begins at `since` is part of this: of the same device, and begun
        at about the same time, or of a stream that has been part of it before."""
        is_together = abs(since - self.since) <= within or stream in self.streams
        return device == self.device and is_together

    def join(self, stream: str) -> bool:
        """Takes a stream in. Whether to tell it at once: each time that the streams have doubled,
        as a device may have hundreds."""
        if stream in self.streams:
            return False
        self.streams.append(stream)
        count = len(self.streams)
        return count & (count - 1) == 0 and not self.acknowledged

    def take_kind(self, kind: Kind) -> bool:
        """Takes up what one of the streams looks like. Whether the whole looks different now."""
        before = self.kind
        self.kind = kind if len(self.streams) == 1 else max(before, kind)
        return self.kind is not before

    def wants_update(self, kind: Kind, time: float, every: float, *, is_calm: bool) -> bool:
        """Whether to tell it anew after a reading; notes it as told.

        At once when its kind becomes another one, else every so many seconds while it is not calm;
        not once somebody takes care of it.
        """
        # A sensor's clock that was set back must not hold us until it has caught up.
        self.reported_at = min(self.reported_at, time)
        is_another = self.take_kind(kind)
        is_due = not is_calm and time - self.reported_at >= every
        if self.acknowledged or not (is_another or is_due):
            return False
        self.reported_at = time
        return True
