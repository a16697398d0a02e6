"""The short form of every row. Rows that mostly wait run beside the others, as processes."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.mosquitto import require_mosquitto
from tests.torture import hostile, powercut
from tests.torture.__main__ import ROWS
from tests.torture.powercut import RecordingDisk

SHORT = {name: row.short for name, row in ROWS.items() if row.short is not None}
WAITING = ("broker", "link", "soak")
NEED_MOSQUITTO = {"kill", "mixed", "failpoints", "full-disk", "broker", "link", "soak"}
SECONDS = 600.0


@pytest.fixture(scope="module", autouse=True)
def beside(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Those of the rows that wait which are to run, on their way from the first test on."""
    processes = {}
    for name in _waiting(request.session.items):
        folder = tmp_path_factory.mktemp(name)
        command = [sys.executable, "-m", "tests.torture", name, "--short", "--keep", str(folder)]
        processes[name] = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    yield processes
    for process in processes.values():
        process.terminate()  # not killed: it has brokers and daemons of its own to end
        process.wait()


def _waiting(items: Iterable[pytest.Item]) -> list[str]:
    asked = {item.name for item in items}
    return [name for name in WAITING if f"{test_the_short_form_of.__name__}[{name}]" in asked]


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.broker if name in NEED_MOSQUITTO else [])
        for name in sorted(SHORT, key=lambda name: name in WAITING)
    ],
)
def test_the_short_form_of(
    name: str, beside: dict[str, subprocess.Popen[str]], tmp_path: Path
) -> None:
    if name in NEED_MOSQUITTO:
        require_mosquitto()
    if name in beside:
        output, _ = beside[name].communicate(timeout=SECONDS)
        print(output)
        assert beside[name].returncode == 0, output
    else:
        print(ROWS[name].run(tmp_path, SHORT[name]))


def test_images_of_power_cuts_find_a_store_that_does_not_sync(tmp_path: Path) -> None:
    class LazyDisk(RecordingDisk):
        def sync(self, file: int) -> None:
            """Says that it has."""

    with pytest.raises(AssertionError):
        powercut.run(tmp_path, 500, disk=LazyDisk())


def test_images_of_power_cuts_find_a_store_that_forgets_the_folder(tmp_path: Path) -> None:
    class LazyDisk(RecordingDisk):
        def sync_folder(self, path: Path) -> None:
            """Says that it has."""

    with pytest.raises(AssertionError):
        powercut.run(tmp_path, 500, disk=LazyDisk())


def test_a_link_that_stays_deaf_is_found_and_the_frame_that_did_it_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the second that the link waits for the end of a packet."""
    monkeypatch.setattr(hostile, "_DEAF_SECONDS", 0.5)
    endless = b"\x30\x80\x80\x80\x01"
    monkeypatch.setattr(hostile, "hostile_frame", lambda rng: endless)
    with pytest.raises(AssertionError, match=re.escape(repr(endless))):
        hostile.run(tmp_path, 24)
