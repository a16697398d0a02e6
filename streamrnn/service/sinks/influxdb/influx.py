"""What is written to InfluxDB: events through the durable outbox, readings as well as may be."""

from __future__ import annotations

import logging
import time
from collections import deque
from itertools import islice
from typing import Final

from streamrnn.config import InfluxConfig
from streamrnn.records import Event
from streamrnn.service.sinks.backlog import Backlog
from streamrnn.service.sinks.carrier import FAILED, REFUSED, Backoff
from streamrnn.service.sinks.influxdb.line_protocol import LineWriter
from streamrnn.service.sinks.influxdb.write import InfluxServer
from streamrnn.service.sinks.outlet import Outlet
from streamrnn.service.sinks.post import RefusedError, TryLaterError
from streamrnn.service.sinks.selection import Selection
from streamrnn.service.sinks.sink import Judged
from streamrnn.service.sinks.tally import Counts, Tally

log = logging.getLogger("streamrnn.influxdb")

_BUFFER_FULL: Final = "buffer_full"
_LINES: Final = 5000  # per request, as InfluxDB recommends


class InfluxEvents:
    """Delivers one event at a time, for a `Carrier`."""

    def __init__(self, config: InfluxConfig, gateway: str) -> None:
        self._server = InfluxServer(config)
        self._lines = LineWriter(gateway, Selection(config.streams))

    def deliver(self, event: Event) -> None:
        """Raises TryLaterError or RefusedError."""
        line = self._lines.event(event)
        if line is not None:
            self._server.write([line])


class InfluxReadings(Outlet):
    """Gathers readings and sends them in batches, in a thread of its own. What waits is bounded by
    `buffer`: while the server is away, the oldest are given up. When it is closed it sends what
    waits, if the server takes it at once."""

    def __init__(self, config: InfluxConfig, gateway: str, backoff: Backoff) -> None:
        super().__init__("influxdb")
        self._flush_every = config.flush_every
        self._capacity = config.buffer
        self._server = InfluxServer(config)
        self._writer = LineWriter(gateway, Selection(config.streams))
        self._backlog = Backlog(config.buffer)
        self._lines: deque[str] = deque()
        self._counts = Counts()
        self._backoff = backoff
        self._resume_at = 0.0  # monotonic
        self._in_trouble = False

    def take(self, batch: Judged) -> None:
        self._backlog.put(batch)

    def tally(self) -> Tally:
        return self._counts.tally(len(self._backlog) + len(self._lines))

    def _run(self) -> None:
        while not self._stopping.wait(self._flush_every):
            self._turn()
        self._turn()

    def _turn(self) -> None:
        self._render()
        while self._lines and time.monotonic() >= self._resume_at:
            self._send()

    def _render(self) -> None:
        batches, given_up = self._backlog.take()
        for batch in batches:
            self._lines.extend(self._writer.readings(batch))
        while len(self._lines) > self._capacity:
            self._lines.popleft()
            given_up += 1
        if given_up:
            self._counts.dropped(_BUFFER_FULL, given_up)

    def _send(self) -> None:
        portion = list(islice(self._lines, _LINES))
        try:
            self._server.write(portion)
        except TryLaterError as error:
            self._resume_at = time.monotonic() + max(self._backoff.failed(), error.seconds)
            self._report_trouble(str(error))
            return
        except RefusedError as error:
            self._counts.dropped(REFUSED, len(portion))
            self._report_trouble(str(error))
        except Exception:  # a batch that we cannot handle must not be the last one
            log.exception("influxdb_write_failed")
            self._counts.dropped(FAILED, len(portion))
        else:
            self._counts.delivered(len(portion))
            self._backoff.worked()
            if self._in_trouble:
                self._in_trouble = False
                log.info("influxdb_written_again")
        for _ in portion:
            self._lines.popleft()

    def _report_trouble(self, reason: str) -> None:
        if not self._in_trouble:
            self._in_trouble = True
            log.warning("influxdb_not_written", extra={"data": {"reason": reason}})
