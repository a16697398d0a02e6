"""The topics at which the broker may keep documents of ours, remembered over restarts.

Without it, a stream that is gone after a restart, or discovery switched off meanwhile, would leave
a dead device in Home Assistant for ever.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from streamrnn.service.disk import read_all


class Ledger:
    """One small JSON file, replaced as a whole and only when it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: set[str] | None = None

    def read(self) -> set[str]:
        """Empty where there is none yet.

        Raises OSError when it cannot be read, ValueError when it is damaged.
        """
        try:
            content = read_all(self._path)
        except FileNotFoundError:
            self._written = set()
        else:
            self._written = msgspec.json.decode(content, type=set[str])
        return set(self._written)

    def write(self, topics: set[str]) -> None:
        """Raises OSError when the disk does not take it; the old content is then still there."""
        if topics == self._written:
            return
        temporary = self._path.with_name(f".{self._path.name}.tmp")
        with temporary.open("wb") as file:
            file.write(msgspec.json.encode(sorted(topics)))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        self._written = set(topics)
