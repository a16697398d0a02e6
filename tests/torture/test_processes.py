"""What rows start, they end: brokers and daemons, whether a row comes to its end or not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.mosquitto import require_mosquitto

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]
_SECONDS = 240.0  # the first row that runs at all compiles the kernels


def _logging_to(folder: Path) -> set[str]:
    """Names of the log files in the folder into which somebody writes."""
    names = set()
    for process in Path("/proc").iterdir():
        with suppress(OSError):  # no process, gone meanwhile, or not ours
            output = Path(os.readlink(process / "fd" / "1"))
            if folder in output.parents:
                names.add(output.name)
    return names


def _wait_for(folder: Path, names: set[str]) -> None:
    deadline = time.monotonic() + _SECONDS
    while (there := _logging_to(folder)) != names:
        assert time.monotonic() < deadline, there
        time.sleep(0.1)


@pytest.mark.parametrize("row", ["broker", "kill", "soak"])
def test_a_row_that_is_told_to_end_leaves_no_broker_and_no_daemon(row: str, tmp_path: Path) -> None:
    require_mosquitto()
    command = [sys.executable, "-m", "tests.torture", row, "--short", "--keep", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(tmp_path, {"mosquitto.log", "daemon.log"})
        process.terminate()
        assert process.wait(60.0) != 0
        _wait_for(tmp_path, set())  # who is killed takes a moment to end
    finally:
        process.terminate()
        process.wait()
