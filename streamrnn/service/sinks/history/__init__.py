"""The local history: what `streamrnn events` reads.

history     History: the thread that writes
  minutes   readings gathered by stream and minute
  store     the SQLite file: its tables, its bounds, reading and writing
"""

from streamrnn.service.sinks.history.history import DESTINATION, History
from streamrnn.service.sinks.history.store import FILE_NAME, HistoryStore, read_events

__all__ = ["DESTINATION", "FILE_NAME", "History", "HistoryStore", "read_events"]
