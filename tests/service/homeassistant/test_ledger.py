"""What may be retained at the broker is remembered over restarts."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest

from streamrnn.service.disk import Disk
from streamrnn.service.folder_claim import FolderTakenError
from streamrnn.service.homeassistant.ledger import Ledger
from tests.service.taken_folder import taken_by_another


def test_there_is_none_at_first(tmp_path: Path) -> None:
    assert Ledger(tmp_path, Disk()).read() == set()


def test_nothing_to_remember_makes_no_file(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, Disk())
    ledger.read()
    ledger.write(set())
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_read(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, Disk())
    ledger.read()
    ledger.write({"a/b", "c"})
    ledger.write({"c", "d"})
    assert Ledger(tmp_path, Disk()).read() == {"c", "d"}


def test_a_damaged_file_is_an_error_and_is_replaced(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, Disk())
    ledger.path.write_bytes(b'["a", ')
    with pytest.raises(ValueError, match="truncated"):
        ledger.read()
    ledger.write({"b"})
    assert Ledger(tmp_path, Disk()).read() == {"b"}


def test_it_is_for_our_own_eyes_only(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, Disk())
    ledger.write({"a"})
    assert ledger.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("operation", ["create", "write", "sync", "rename"])
def test_a_disk_that_fails_leaves_the_old_content_alone(tmp_path: Path, operation: str) -> None:
    class FailingDisk(Disk):
        """At one operation."""

    def fail(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    setattr(FailingDisk, operation, fail)
    Ledger(tmp_path, Disk()).write({"a"})
    with pytest.raises(OSError, match="No space left"):
        Ledger(tmp_path, FailingDisk()).write({"b"})
    ledger = Ledger(tmp_path, Disk())
    assert ledger.read() == {"a"}
    ledger.write({"b"})
    assert [path.name for path in tmp_path.iterdir()] == ["homeassistant.json"]


def test_a_power_cut_finds_it_synced_before_it_has_its_name(tmp_path: Path) -> None:
    done = []

    class WatchedDisk(Disk):
        def sync(self, file: int) -> None:
            done.append("sync")
            super().sync(file)

        def rename(self, path: Path, to: Path) -> None:
            done.append("rename")
            super().rename(path, to)

        def sync_folder(self, path: Path) -> None:
            done.append("sync folder")
            super().sync_folder(path)

    Ledger(tmp_path, WatchedDisk()).write({"a"})
    assert done == ["sync", "rename", "sync folder"]


def test_in_the_folder_of_another_daemon_nothing_is_written(tmp_path: Path) -> None:
    with taken_by_another(tmp_path / "state") as claim:
        ledger = Ledger(tmp_path / "state", Disk(), claim.keep)
        with pytest.raises(FolderTakenError):
            ledger.write({"a"})
        assert [path.name for path in (tmp_path / "state").iterdir()] == ["lock"]
