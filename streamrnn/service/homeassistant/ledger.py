"""The topics at which the broker may keep documents of ours, remembered over restarts.

Without it, a stream that is gone after a restart, or discovery switched off meanwhile, would leave
a dead device in Home Assistant for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from streamrnn.service.disk import Disk, read_all, write_new


class Ledger:
    """One small JSON file, replaced as a whole and only when it changes. keep: makes sure that the
    directory is ours, or raises OSError."""

    def __init__(
        self, directory: Path, disk: Disk, keep: Callable[[], object] = lambda: None
    ) -> None:
        self.path = directory / "homeassistant.json"
        self._temporary = directory / "homeassistant.tmp"
        self._disk = disk
        self._keep = keep
        self._written: set[str] | None = None

    def read(self) -> set[str]:
        """Empty where there is none yet.

        Raises OSError when it cannot be read, ValueError when it is damaged.
        """
        try:
            content = read_all(self.path)
        except FileNotFoundError:
            self._written = set()
        else:
            self._written = msgspec.json.decode(content, type=set[str])
        return set(self._written)

    def write(self, topics: set[str]) -> None:
        """Raises OSError when the disk does not take it; the old content is then still there."""
        if topics == self._written:
            return
        self._keep()
        write_new(self._disk, self._temporary, [msgspec.json.encode(sorted(topics))])
        self._disk.rename(self._temporary, self.path)
        self._disk.sync_folder(self.path.parent)
        self._written = set(topics)
