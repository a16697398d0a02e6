"""The file behind the queue of alerts: a journal of lines, each with its own checksum.

    outbox.log   head, then one line per event queued, confirmation, or event that is open
    outbox.tmp   a new journal being written

A line is the CRC-32 of its JSON in eight hexadecimal digits, a space, the JSON, a line feed. JSON
has no line feed inside, so one damaged line costs that line and no other.
"""

from __future__ import annotations

import errno
import logging
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec

from streamrnn.errors import StateError
from streamrnn.records import Event
from streamrnn.service.disk import Disk, read_all, write_all

log = logging.getLogger("streamrnn.outbox")

FORMAT: Final = 1
_CRC_DIGITS: Final = 8


class Head(msgspec.Struct, tag="head"):
    """The first line. last: position of the latest event that was ever queued."""

    format: int
    last: int


class Queued(msgspec.Struct, tag="queued"):
    position: int
    event: Event


class Confirmed(msgspec.Struct, tag="confirmed"):
    """The destination has settled everything up to `position`."""

    destination: str
    position: int


class Open(msgspec.Struct, tag="open"):
    """The last event of an anomaly that has not ended, and that nobody waits for any more."""

    event: Event


Record = Head | Queued | Confirmed | Open

_decoder: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)


def encode(record: Record) -> bytes:
    """One line."""
    text = msgspec.json.encode(record)
    return b"%08x %s\n" % (zlib.crc32(text), text)


def decode(line: bytes) -> Record | None:
    """None for a line that is not as it was written. Without its line feed."""
    text = line[_CRC_DIGITS + 1 :]
    if line[: _CRC_DIGITS + 1] != b"%08x " % zlib.crc32(text):
        return None
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


class Journal:
    """Not thread-safe. After an OSError only `replace` may be called: the end of the file may be
    half a line. keep: makes sure that the folder is ours, or raises OSError."""

    def __init__(
        self, directory: Path, disk: Disk, keep: Callable[[], object] = lambda: None
    ) -> None:
        self.path = directory / "outbox.log"
        self._temporary = directory / "outbox.tmp"
        self._disk = disk
        self._keep = keep
        self._file: int | None = None

    def read(self) -> list[Record]:
        """What was written last. Damaged lines are left out and announced.

        Raises StateError for a journal of a newer version, or one that cannot be read.
        """
        try:
            *lines, torn = read_all(self.path).split(b"\n")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StateError(f"{self.path}: cannot be read: {error.strerror}") from error
        _refuse_newer(self.path, lines[0] if lines else torn)
        found = [decode(line) for line in lines]
        records = [record for record in found if record is not None]
        if len(records) < len(lines):
            data = {"file": str(self.path), "lines": len(lines) - len(records)}
            log.error("outbox_damaged", extra={"data": data})
        return records

    def replace(self, lines: Iterable[bytes]) -> None:
        """A new journal in place of the old one, whole or not at all. Raises OSError."""
        self.close()
        self._keep()
        file = self._disk.create(self._temporary)
        try:
            write_all(self._disk, file, lines)
            self._disk.sync(file)
            self._disk.rename(self._temporary, self.path)
            self._disk.sync_folder(self.path.parent)
        except OSError:
            self._disk.close(file)
            raise
        self._file = file

    def append(self, lines: Iterable[bytes], *, sync: bool) -> None:
        """sync: only return when they would survive a power cut. Raises OSError."""
        if self._file is None:
            raise ValueError("append to a journal that is not open")
        try:
            self._keep()
            if self._disk.is_deleted(self._file):
                raise FileNotFoundError(errno.ENOENT, "was deleted", str(self.path))
            write_all(self._disk, self._file, [b"".join(lines)])
            if sync:
                self._disk.sync(self._file)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            self._disk.close(file)


def _refuse_newer(path: Path, line: bytes) -> None:
    """Looks at the format alone: the rest of a newer head may be anything."""
    text = line[_CRC_DIGITS + 1 :]
    if line[: _CRC_DIGITS + 1] != b"%08x " % zlib.crc32(text):
        return
    try:
        version = msgspec.json.decode(text).get("format", 0)
    except (msgspec.DecodeError, AttributeError):
        return
    if version > FORMAT:
        raise StateError(
            f"{path}: written by a newer version of streamrnn (format {version}, this one reads "
            f"up to {FORMAT}): install that version, or move the file away and lose the alerts "
            "that wait in it"
        )
