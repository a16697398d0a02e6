"""The history on disk: one SQLite file, bounded in age and size.

event     as JSON, every step of every anomaly
minute    per stream and minute what its readings were
reading   the same as a view with names and means, for people: sqlite3 history.db
"""

from __future__ import annotations

import math
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from streamrnn.errors import StateError
from streamrnn.records import Event
from streamrnn.service.disk import put_aside
from streamrnn.service.sinks.history.minutes import Minute
from streamrnn.service.sinks.selection import Selection

FILE_NAME: Final = "history.db"

_ALL: Final = Selection(["*"])
_FORMAT: Final = 1
_PAGE_BYTES: Final = 4096
_PORTION: Final = 0.1  # of the oldest rows, deleted at a time when the file is full
_WAL_PAGES: Final = 256  # a megabyte on top of the size that was asked for
_PATIENCE_SECONDS: Final = 5.0  # with a reader that holds a lock

_SCHEMA: Final = """
CREATE TABLE stream (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE event (
    time REAL NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, stream TEXT NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (time, id, type)
) WITHOUT ROWID;
CREATE TABLE minute (
    minute INTEGER NOT NULL, stream INTEGER NOT NULL REFERENCES stream,
    readings INTEGER NOT NULL, lowest REAL, highest REAL, total REAL, score REAL,
    PRIMARY KEY (minute, stream)
) WITHOUT ROWID;
CREATE VIEW reading AS
    SELECT datetime(minute * 60, 'unixepoch') AS time, name AS stream, readings, lowest,
           highest, total / readings AS mean, score
    FROM minute JOIN stream ON stream.id = minute.stream;
"""
_NUMBERS: Final = ("value", "score")  # never null in an event; JSON has null for what is not finite

_ADD_EVENT: Final = "INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?)"
_ADD_MINUTE: Final = """
INSERT INTO minute VALUES (?, (SELECT id FROM stream WHERE name = ?), ?, ?, ?, ?, ?)
ON CONFLICT (minute, stream) DO UPDATE SET
    readings = readings + excluded.readings, lowest = min(lowest, excluded.lowest),
    highest = max(highest, excluded.highest), total = total + excluded.total,
    score = max(score, excluded.score)
"""
_FORGET_MINUTES: Final = """
DELETE FROM minute WHERE minute < min(?, (SELECT min(minute) + 60 FROM minute))
"""
_FORGET_EVENTS: Final = """
DELETE FROM event WHERE time < min(?, (SELECT min(time) + 3600 FROM event))
"""


class HistoryStore:
    """The writer's side, for one thread; opens or makes the file when it is first needed. Every
    method raises sqlite3.Error when the disk fails or the file is damaged; what it was to write is
    then not written."""

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self._path = path
        self._most_pages = max_bytes // _PAGE_BYTES
        self._connection: sqlite3.Connection | None = None
        self._file: os.stat_result | None = None  # that is open

    def _open(self) -> sqlite3.Connection:
        try:
            self._path.touch(0o600)  # for our own eyes only, and SQLite's files beside it too
        except OSError as error:
            raise sqlite3.OperationalError(error.strerror) from error
        connection = sqlite3.connect(self._path, timeout=_PATIENCE_SECONDS)
        try:
            connection.executescript(
                f"PRAGMA page_size = {_PAGE_BYTES}; PRAGMA journal_mode = WAL; "
                f"PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = {_WAL_PAGES}; "
                f"PRAGMA journal_size_limit = {_WAL_PAGES * _PAGE_BYTES};"
            )
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                connection.executescript(
                    f"BEGIN; {_SCHEMA} PRAGMA user_version = {_FORMAT}; COMMIT;"
                )
            elif version != _FORMAT:
                raise sqlite3.DatabaseError(f"format {version} of a newer version")
            self._file = self._path.stat()
        except OSError as error:
            connection.close()
            raise sqlite3.OperationalError(error.strerror) from error
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _is_in_place(self) -> bool:
        """SQLite itself goes on with a file that somebody has removed, and nobody would find it."""
        try:
            there = self._path.stat()
        except OSError:
            return False
        return self._file is not None and os.path.samestat(there, self._file)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def put_aside(self) -> Path:
        """Rename a damaged file, with what SQLite keeps beside it; the new name. Raises OSError."""
        self.close()
        aside = put_aside(self._path, "unusable")
        for suffix in ("-wal", "-shm"):
            beside = self._path.with_name(self._path.name + suffix)
            if beside.exists():
                beside.replace(aside.with_name(aside.name + suffix))
        return aside

    def add_events(self, events: Sequence[Event]) -> None:
        """Each once, however often it comes."""
        with self._opened as connection:
            connection.executemany(_ADD_EVENT, [_event_row(event) for event in events])

    def add_minutes(self, rows: Mapping[tuple[str, int], Minute]) -> None:
        """Merged with what there is of the same stream and minute."""
        names = {(stream,) for stream, _ in rows}
        with self._opened as connection:
            connection.executemany("INSERT OR IGNORE INTO stream (name) VALUES (?)", names)
            connection.executemany(
                _ADD_MINUTE, ((minute, stream, *row) for (stream, minute), row in rows.items())
            )

    def forget_before(self, time: float) -> None:
        """Delete what is older (Unix seconds), at most an hour of it: a clock that is far ahead for
        a while must not cost all."""
        with self._opened as connection:
            connection.execute(_FORGET_MINUTES, (int(time // 60),))
            connection.execute(_FORGET_EVENTS, (time,))

    def shrink(self) -> int:
        """Delete the oldest, readings before events, until the size is kept. How many rows."""
        deleted = 0
        while self._pages_in_use() > self._most_pages:
            portion = self._delete_oldest("minute", "minute") or self._delete_oldest(
                "event", "time"
            )
            if not portion:
                break
            deleted += portion
        return deleted

    @property
    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None and not self._is_in_place():
            self.close()
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    def _pages_in_use(self) -> int:
        (pages,) = self._opened.execute("PRAGMA page_count").fetchone()
        (free,) = self._opened.execute("PRAGMA freelist_count").fetchone()
        return int(pages) - int(free)

    def _delete_oldest(self, table: str, column: str) -> int:
        with self._opened as connection:
            (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            limit = connection.execute(
                f"SELECT {column} FROM {table} ORDER BY {column} LIMIT 1 OFFSET ?",
                (int(count * _PORTION),),
            ).fetchone()
            if limit is None:
                return 0
            cursor = connection.execute(f"DELETE FROM {table} WHERE {column} <= ?", limit)
            return cursor.rowcount


def read_events(path: Path, *, since: float, selection: Selection = _ALL) -> Iterator[Event]:
    """The events since a time (Unix seconds) that concern the streams selected, oldest first. The
    daemon may be writing meanwhile.

    Raises StateError when there is no usable history.
    """
    if not path.exists():
        raise StateError(
            f"{path}: there is no history yet; the daemon keeps one when history.enabled = true"
        )
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as connection:
            query = "SELECT event FROM event WHERE time >= ? ORDER BY time"
            for (text,) in connection.execute(query, (since,)):
                event = _decoded(text)
                if selection.concerns(event):
                    yield event
    except (sqlite3.Error, msgspec.DecodeError) as error:
        raise StateError(f"{path}: cannot be read: {error}") from error


def _event_row(event: Event) -> tuple[object, ...]:
    text = msgspec.json.encode(event).decode()
    return event.time, event.id, event.type.value, event.stream, text


def _decoded(text: str) -> Event:
    fields = msgspec.json.decode(text)
    for name in _NUMBERS:
        if fields[name] is None:
            fields[name] = math.nan
    return msgspec.convert(fields, Event)
