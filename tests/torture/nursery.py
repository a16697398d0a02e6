"""Daemons by the hundred: forked from a process that has imported and compiled everything.

A kill costs as long as the next start; a start from scratch is a second or two of imports. What is
forked is the whole daemon, so a kill -9 of it is as real as any.

    nursery = Nursery()
    process = nursery.fork(environ, settings, log)      # behaves like subprocess.Popen
    nursery.close()
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from streamrnn.config import DetectorConfig
from streamrnn.config.load import load as load_config
from streamrnn.service.daemon import run_daemon
from streamrnn.service.rehearsal import compile_kernels
from tests.torture.mishap import Mishap


class Forked:
    """A daemon of the nursery; the part of `subprocess.Popen` that tests use."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self._nursery = nursery
        self._status: int | None = None

    def poll(self) -> int | None:
        if self._status is None:
            self._status = self._nursery.ask({"poll": self.pid})
        return self._status

    def wait(self, timeout: float = 60.0) -> int:
        deadline = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"daemon {self.pid}", timeout)
            time.sleep(0.005)
        return status

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class Nursery:
    """The other end of the process that forks."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.torture.nursery"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.ask({"hello": True}) is True

    def fork(
        self, environ: Mapping[str, str], settings: Path, log: Path, mishap: Mishap | None = None
    ) -> Forked:
        wish = {"environ": dict(environ), "settings": str(settings), "log": str(log)}
        return Forked(self, self.ask({"fork": wish | {"mishap": mishap and mishap._asdict()}}))

    def ask(self, wish: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the nursery has died"
        return json.loads(answer)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30.0)

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _serve() -> None:
    """In the process that forks: no thread may run here, as none would survive a fork."""
    _fill_the_cache()
    compile_kernels(DetectorConfig())
    children: dict[int, int | None] = {}
    for line in sys.stdin:
        wish = json.loads(line)
        answer: Any = True
        if "fork" in wish:
            pid = os.fork()
            if pid == 0:
                _grow_up(wish["fork"])
            children[pid] = None
            answer = pid
        elif "poll" in wish:
            pid = wish["poll"]
            if children[pid] is None:
                ended, status = os.waitpid(pid, os.WNOHANG)
                children[pid] = os.waitstatus_to_exitcode(status) if ended else None
            answer = children[pid]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid, status in children.items():
        if status is None:
            os.kill(pid, signal.SIGKILL)


def _fill_the_cache() -> None:
    """In a process of its own: what compiling leaves behind, 150 MB, is not to be inherited. In it
    a leak could hide for days."""
    pid = os.fork()
    if pid == 0:
        compile_kernels(DetectorConfig())
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert status == 0, "the kernels could not be compiled"


def _grow_up(wish: dict[str, Any]) -> None:
    """In the forked process: become a daemon; never returns."""
    code = 1
    try:
        log = os.open(wish["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        os.environ.clear()
        os.environ.update(wish["environ"])
        settings = Path(wish["settings"])
        mishap = wish["mishap"] and Mishap(**wish["mishap"])
        hooks = mishap.hooks() if mishap else {}
        code = run_daemon(lambda: load_config(settings, os.environ), os.environ, **hooks)
    except BaseException:  # noqa: BLE001  # told in the log, by the exit code, and nowhere else
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
