"""A mosquitto on a free port of 127.0.0.1 that keeps everything for clients that are away."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamrnn.demo.broker import HOST, free_port

_START_SECONDS = 20.0


def find_mosquitto() -> str | None:
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def mosquitto(executable: str, folder: Path) -> Iterator[int]:
    """Its port, while the `with` block lasts. RuntimeError when it does not start."""
    port = free_port()
    config = folder / "mosquitto.conf"
    lines = (
        f"user {pwd.getpwuid(os.getuid()).pw_name}",
        f"listener {port} {HOST}",
        "allow_anonymous true",
        "persistence false",
        "max_queued_messages 0",
        "queue_qos0_messages true",
        "log_type error",
    )
    config.write_text("\n".join(lines) + "\n")
    log = folder / "mosquitto.log"
    with log.open("wb") as output:
        process = subprocess.Popen([executable, "-c", str(config)], stdout=output, stderr=output)
    try:
        if not _listens(process, port):
            raise RuntimeError(f"mosquitto did not start:\n{log.read_text()}")
        yield port
    finally:
        process.terminate()
        process.wait()


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    """True as soon as it does; False if it ended, or takes too long."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((HOST, port), timeout=1.0).close()
        except OSError:
            time.sleep(0.02)
        else:
            return True
    return False
