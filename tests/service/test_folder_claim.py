"""Two daemons in one folder would overwrite what the other has learned."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from streamrnn.errors import ConfigError, StateError
from streamrnn.service.folder_claim import FolderClaim


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def claim(folder: Path) -> Iterator[FolderClaim]:
    claim = FolderClaim(folder)
    claim.take()
    yield claim
    claim.release()


def refuse_another(folder: Path) -> None:
    with pytest.raises(StateError, match="in use by another streamrnn"):
        FolderClaim(folder).take()


def test_a_folder_can_be_used_by_one_daemon_only(claim: FolderClaim, folder: Path) -> None:
    refuse_another(folder)
    claim.release()
    next_one = FolderClaim(folder)
    next_one.take()
    next_one.release()


def test_a_place_that_cannot_be_a_folder_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"state\.directory = .*/file/state"):
        FolderClaim(tmp_path / "file" / "state").take()


def test_what_is_in_place_is_left_as_it_is(claim: FolderClaim, folder: Path) -> None:
    before = (folder / "lock").stat()
    claim.keep()
    assert (folder / "lock").stat() == before


@pytest.mark.parametrize("removed", ["folder", "lock"])
def test_what_somebody_removes_is_made_and_taken_anew(
    claim: FolderClaim, folder: Path, removed: str
) -> None:
    if removed == "lock":
        (folder / "lock").unlink()
    else:
        shutil.rmtree(folder)
    claim.keep()
    refuse_another(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_another_daemon_that_was_quicker_keeps_the_folder(claim: FolderClaim, folder: Path) -> None:
    shutil.rmtree(folder)
    other = FolderClaim(folder)
    other.take()
    with pytest.raises(OSError, match="another streamrnn uses it now"):
        claim.keep()
    other.release()
    claim.keep()
    refuse_another(folder)


def test_threads_that_find_it_removed_at_once_are_not_in_each_others_way(
    claim: FolderClaim, folder: Path
) -> None:
    shutil.rmtree(folder)
    with ThreadPoolExecutor(8) as threads:
        for kept in [threads.submit(claim.keep) for _ in range(64)]:
            kept.result()
    refuse_another(folder)


def test_who_has_taken_nothing_keeps_nothing(folder: Path) -> None:
    FolderClaim(folder).keep()
    assert not folder.exists()
