"""What may be retained at the broker is remembered over restarts."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrnn.service.homeassistant.ledger import Ledger


def test_there_is_none_at_first(tmp_path: Path) -> None:
    assert Ledger(tmp_path / "ledger").read() == set()


def test_nothing_to_remember_makes_no_file(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.read()
    ledger.write(set())
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_read(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.read()
    ledger.write({"a/b", "c"})
    ledger.write({"c", "d"})
    assert Ledger(tmp_path / "ledger").read() == {"c", "d"}


def test_a_damaged_file_is_an_error_and_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "ledger"
    file.write_bytes(b'["a", ')
    ledger = Ledger(file)
    with pytest.raises(ValueError, match="truncated"):
        ledger.read()
    ledger.write({"b"})
    assert Ledger(file).read() == {"b"}


def test_a_disk_that_takes_nothing_leaves_the_old_content(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.write({"a"})
    (tmp_path / ".ledger.tmp").mkdir()  # nothing can be written there, whoever we are
    with pytest.raises(OSError, match="directory"):
        ledger.write({"b"})
    assert Ledger(tmp_path / "ledger").read() == {"a"}
