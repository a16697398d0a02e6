"""A real daemon to which the system gives no more file descriptors."""

from __future__ import annotations

import os
import resource
import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.daemon_process import DaemonProcess, daemon

SETTINGS = """
[mqtt]
broker = "mqtt://127.0.0.1:1"
[[source]]
topic = "plant/#"
"""


def let_have(process: DaemonProcess, descriptors: int) -> None:
    assert process.process is not None
    hard = resource.prlimit(process.process.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(process.process.pid, resource.RLIMIT_NOFILE, (descriptors, hard))


def open_descriptors(process: DaemonProcess) -> int:
    assert process.process is not None
    return len(os.listdir(f"/proc/{process.process.pid}/fd"))


def test_without_descriptors_it_lives_fills_no_log_and_answers_again(tmp_path: Path) -> None:
    with daemon(tmp_path, SETTINGS) as process, ExitStack() as visitors:
        process.wait_until(lambda: "event=ready " in process.log.read_text(), "ready")
        let_have(process, open_descriptors(process))
        for _ in range(20):
            with suppress(OSError):
                visitor = socket.create_connection(("127.0.0.1", process.port), timeout=1.0)
                visitors.enter_context(visitor)
        process.wait_until(lambda: "event=http_not_accepting" in process.log.read_text(), "told")
        time.sleep(3.0)
        assert process.log.read_text().count("Too many open files") < 20
        let_have(process, 1024)
        process.wait_until(lambda: process.get("/healthz")[0] == 200, "serving again")
        assert process.stop() == 0
