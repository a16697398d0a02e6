"""Checkpoints: whole or not at all, two generations, damage announced, other daemons kept out."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamrnn.detect import arrays_file
from streamrnn.errors import StateError
from streamrnn.service.checkpoint import CheckpointStore
from streamrnn.service.checkpointer import Checkpointer
from streamrnn.service.disk import Disk

LONG_SECONDS = 30.0


def pieces(number: int) -> list[bytes | memoryview]:
    return arrays_file.encode({"a": np.arange(100.0)}, {"number": number})


def number_in(store: CheckpointStore) -> int | None:
    stored = store.read()
    return None if stored is None else stored.facts["number"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CheckpointStore]:
    store = CheckpointStore(tmp_path / "state", Disk())
    store.claim.take()
    yield store
    store.claim.release()


def test_there_is_nothing_at_first(store: CheckpointStore) -> None:
    assert store.read() is None


def test_the_newest_is_read_and_the_one_before_is_kept(store: CheckpointStore) -> None:
    for number in range(3):
        store.write(pieces(number))
    assert number_in(store) == 2
    store.newest.unlink()
    assert number_in(store) == 1


def test_nothing_else_is_left_behind(store: CheckpointStore) -> None:
    for number in range(3):
        store.write(pieces(number))
    names = {path.name for path in store.directory.iterdir()}
    assert names == {"state.bin", "state.previous.bin", "lock"}


def test_only_the_owner_can_read_what_was_learned(store: CheckpointStore) -> None:
    store.write(pieces(1))
    assert store.directory.stat().st_mode & 0o077 == 0
    assert store.newest.stat().st_mode & 0o077 == 0


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0.0, 1.0, exclude_max=True), st.integers(0, 255), st.booleans())
def test_whatever_damages_the_newest_the_previous_is_used(
    store: CheckpointStore, where: float, flip: int, cut: bool
) -> None:
    store.write(pieces(1))
    store.write(pieces(2))
    data = bytearray(store.newest.read_bytes())
    at = int(where * len(data))
    if cut:
        del data[at:]
    else:
        data[at] ^= flip
    store.newest.write_bytes(data)
    assert number_in(store) == (2 if flip == 0 and not cut else 1)


def test_damage_is_announced_and_kept_for_inspection(
    store: CheckpointStore, caplog: pytest.LogCaptureFixture
) -> None:
    for path in (store.newest, store.previous):
        path.write_bytes(b"rubbish")
    assert store.read() is None
    assert caplog.text.count("checkpoint_damaged") == 2
    assert (store.directory / "state.bin.damaged").read_bytes() == b"rubbish"


def test_state_of_a_newer_version_is_refused_and_left_alone(store: CheckpointStore) -> None:
    data = bytearray(b"".join(pieces(1)))
    data[8:12] = (99).to_bytes(4, "little")
    data[-4:] = arrays_file.checksum([bytes(data[:-4])])
    store.newest.write_bytes(data)
    with pytest.raises(StateError, match="newer version"):
        store.read()
    assert store.newest.exists()


def test_a_failed_write_leaves_both_generations_as_they_were(store: CheckpointStore) -> None:
    store.write(pieces(1))
    store.write(pieces(2))

    def failing() -> Iterator[bytes]:
        yield b"half of it"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left"):
        store.write(failing())
    assert number_in(store) == 2
    assert not (store.directory / "state.tmp").exists()


def test_a_real_full_disk_is_noticed(store: CheckpointStore) -> None:
    (store.directory / "state.tmp").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        store.write(pieces(1))


def test_a_pipe_in_place_of_a_generation_is_refused_instead_of_waited_for(
    store: CheckpointStore,
) -> None:
    os.mkfifo(store.newest)
    with pytest.raises(StateError, match=r"state\.bin: cannot be read: is not a regular file"):
        store.read()


def test_a_folder_that_somebody_removes_is_there_again_with_the_next_checkpoint(
    store: CheckpointStore,
) -> None:
    store.write(pieces(1))
    shutil.rmtree(store.directory)
    store.write(pieces(2))
    assert number_in(store) == 2


def test_nothing_is_written_into_a_folder_that_another_daemon_has_taken(
    store: CheckpointStore,
) -> None:
    shutil.rmtree(store.directory)
    other = CheckpointStore(store.directory, Disk())
    other.claim.take()
    other.write(pieces(2))
    with pytest.raises(OSError, match="another streamrnn uses it now"):
        store.write(pieces(1))
    assert number_in(other) == 2
    other.claim.release()


def save_and_wait(checkpointer: Checkpointer, version: int = 1) -> None:
    checkpointer.save({"a": np.arange(3)}, {"number": 1}, version)
    checkpointer.wait(LONG_SECONDS)


def test_a_checkpoint_is_written_beside_the_loop(store: CheckpointStore) -> None:
    checkpointer = Checkpointer(store)
    save_and_wait(checkpointer)
    assert number_in(store) == 1
    assert checkpointer.last_time is not None
    assert checkpointer.last_duration_seconds is not None


def test_a_stalled_disk_makes_it_busy_and_no_more(tmp_path: Path) -> None:
    gate = threading.Event()

    class StalledStore(CheckpointStore):
        def write(self, pieces: object) -> None:
            assert gate.wait(LONG_SECONDS)

    checkpointer = Checkpointer(StalledStore(tmp_path, Disk()))
    checkpointer.save({}, {}, 1)
    checkpointer.wait(0.01)
    assert checkpointer.busy
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "checkpoint")
    gate.set()
    checkpointer.wait(LONG_SECONDS)
    assert not checkpointer.busy


def test_failures_are_counted_told_once_and_forgotten_after_a_success(
    store: CheckpointStore, caplog: pytest.LogCaptureFixture
) -> None:
    checkpointer = Checkpointer(store)
    for failures in (1, 2, 3):
        (store.directory / "state.tmp").symlink_to("/dev/full")
        save_and_wait(checkpointer)
        assert checkpointer.failures == failures
    assert "No space left" in checkpointer.problem
    assert caplog.text.count("checkpoint_failed") == 1
    save_and_wait(checkpointer)
    assert (checkpointer.failures, checkpointer.problem) == (0, "")


def test_only_a_version_that_is_on_disk_counts_as_saved(store: CheckpointStore) -> None:
    checkpointer = Checkpointer(store)
    (store.directory / "state.tmp").symlink_to("/dev/full")
    save_and_wait(checkpointer, version=7)
    assert checkpointer.saved_version == 0
    save_and_wait(checkpointer, version=8)
    assert checkpointer.saved_version == 8
