"""Every event in the log."""

from __future__ import annotations

import logging
from typing import Final

from streamrnn.records import Event, EventType

log = logging.getLogger("streamrnn.alerts")


class EventLog:
    """One line per event; its sentence is the text that people get everywhere else."""

    _NAMES: Final = {
        EventType.NEW: (logging.WARNING, "anomaly"),
        EventType.UPDATE: (logging.INFO, "anomaly_goes_on"),
        EventType.END: (logging.INFO, "anomaly_end"),
    }

    def emit(self, event: Event) -> None:
        level, name = self._NAMES[event.type]
        data = {
            "stream": event.stream,
            "kind": event.kind,
            "id": event.id,
            "score": round(event.score, 2),
            "message": event.message,
        }
        log.log(level, name, extra={"data": data})
