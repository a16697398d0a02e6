"""The durable queue of alerts: what was told to nobody yet survives kill -9 and power cuts.

outbox            AlertOutbox: what loop and destinations see; its bound, its lock
  pending         the queue itself: positions, and how far each destination has come
  journal_writer  the thread that brings it to the disk
    journal       its file there
"""

from streamrnn.service.outbox.outbox import AlertOutbox
from streamrnn.service.outbox.pending import Entry

__all__ = ["AlertOutbox", "Entry"]
