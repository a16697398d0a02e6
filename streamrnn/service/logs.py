"""Logs: one line per event, as logfmt or JSON.

The message of a record is the *name* of the event; what happened stands in its fields:

    log.info("connected", extra={"data": {"broker": url, "session": "resumed"}})
    ts=2026-01-02T03:04:05.678Z level=info event=connected broker=mqtt://plant:1883 session=resumed

Whatever a topic, a payload or an exception contains, a record stays one line.
"""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TextIO

from streamrnn.config import LogConfig

# What the daemon's parts log under, and from which level on. uvicorn warns about every malformed
# request: anyone who reaches the port could fill the disk with that.
_FOREIGN_LEVELS = {"paho": logging.WARNING, "asyncio": logging.WARNING, "uvicorn": logging.ERROR}

# Characters that break a line, move the cursor or reorder text in a terminal, and lone surrogates.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
# A topic may have 64 kB: bad input must not fill the disk with lines about it.
_LONGEST_TEXT = 1000
_BARE = re.compile(r"""[^\s"'=\\`]+""")
_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9_.-]+")


def configure(config: LogConfig, stream: TextIO) -> None:
    """Send every record of streamrnn and of the libraries under it to `stream`.

    May be called again, as at a reload: it replaces what the last call set up.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter({"logfmt": LogfmtFormatter, "json": JsonFormatter}[config.format]())
    levels = {"streamrnn": logging.getLevelNamesMapping()[config.level.upper()], **_FOREIGN_LEVELS}
    for name, level in levels.items():
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(level)


class LogfmtFormatter(logging.Formatter):
    """`key=value` pairs; a value that is not one plain word is quoted as in JSON."""

    def format(self, record: logging.LogRecord) -> str:
        pairs = _fields(record).items()
        return " ".join(f"{_key(key)}={_quoted(_text(value))}" for key, value in pairs)


class JsonFormatter(logging.Formatter):
    """One JSON object per line; numbers that JSON lacks (NaN, infinity) become null."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_jsonable(_fields(record)), separators=(",", ":"))


def _fields(record: logging.LogRecord) -> dict[str, object]:
    stamp = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    fields: dict[str, object] = {
        "ts": stamp.replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "event": record.getMessage(),
    }
    if record.name.partition(".")[0] != "streamrnn":
        fields["logger"] = record.name
    data: Mapping[str, object] = getattr(record, "data", {})
    for key, value in data.items():
        fields[f"{key}_" if key in fields else key] = _shortened(value)
    if record.exc_info:
        fields["exception"] = logging.Formatter().formatException(record.exc_info)
    return fields


def _shortened(value: object) -> object:
    match value:
        case None | bool() | int() | float() | dict() | list() | tuple():
            return value
        case _:
            text = str(value)
            return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."


def _key(key: str) -> str:
    return _NOT_IN_KEYS.sub("_", key) or "_"


def _text(value: object) -> str:
    match value:
        case None | bool():
            return json.dumps(value)
        case dict() | list() | tuple():
            return json.dumps(_jsonable(value), ensure_ascii=False)
        case _:
            return str(value)


def _quoted(text: str) -> str:
    if _BARE.fullmatch(text) and not _UNPRINTABLE.search(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _jsonable(value: object) -> object:
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {str(key): _jsonable(item) for key, item in value.items()}
        case list() | tuple():
            return [_jsonable(item) for item in value]
        case _:
            return str(value)


class RateLimited:
    """At most `lines` records per key and interval; the next one carries how many were held back.

    For events that bad input can cause a thousand times a second. `key` is from a small set (a
    reason, not a topic). Owned by one thread.
    """

    def __init__(
        self,
        logger: logging.Logger,
        clock: Callable[[], float],
        *,
        lines: int = 5,
        interval_seconds: float = 60.0,
    ) -> None:
        self._logger = logger
        self._clock = clock
        self._lines = lines
        self._interval_seconds = interval_seconds
        self._windows: dict[tuple[int, str, str], _Window] = {}

    def log(self, level: int, event: str, key: str, data: Mapping[str, object]) -> None:
        """Log `event` with `data`, or count it."""
        now = self._clock()
        at = (level, event, key)
        window = self._windows.get(at)
        suppressed = 0
        if window is None or now - window.start >= self._interval_seconds:
            suppressed = window.suppressed if window else 0
            window = self._windows[at] = _Window(now)
        if window.logged == self._lines:
            window.suppressed += 1
            return
        window.logged += 1
        extra = {"suppressed": suppressed} if suppressed else {}
        self._logger.log(level, event, extra={"data": {**data, **extra}})

    def flush(self) -> None:
        """Report what was held back in intervals that are over. Call it now and then, else the
        count of a key that fell silent is never seen."""
        now = self._clock()
        for at, window in list(self._windows.items()):
            if now - window.start >= self._interval_seconds:
                del self._windows[at]
                if window.suppressed:
                    level, event, key = at
                    data = {"key": key, "suppressed": window.suppressed}
                    self._logger.log(level, event, extra={"data": data})


class _Window:
    def __init__(self, start: float) -> None:
        self.start = start
        self.logged = 0
        self.suppressed = 0
