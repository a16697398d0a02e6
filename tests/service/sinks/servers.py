"""Real servers that alerts and readings go to: on free ports of 127.0.0.1, in folders of their own.

Tests skip where the program is not installed; with REQUIRE_BROKER=1 they fail instead.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.mosquitto import free_port, require_or_skip

_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
_START_SECONDS = 60.0


def get(port: int, path: str, **query: str) -> tuple[int, Any]:
    """Status, and the JSON of the answer; (0, None) while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", f"{path}?{urlencode(query)}" if query else path)
        answer = connection.getresponse()
        text = answer.read()
    except OSError:
        return 0, None
    finally:
        connection.close()
    return answer.status, json.loads(text) if text.startswith((b"{", b"[")) else None


@contextmanager
def alertmanager(folder: Path) -> Iterator[int]:
    """Its port."""
    program = _program("prometheus-alertmanager")
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "alertmanager.yml"
    config.write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    port = free_port()
    command = [
        program,
        f"--config.file={config}",
        f"--storage.path={folder}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with _running(command, folder, port, "/-/ready"):
        yield port


@contextmanager
def influxdb(folder: Path) -> Iterator[int]:
    """The port of its HTTP interface; there is a database "streamrnn"."""
    program = _program("influxd", package="influxdb")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = folder / "influxdb.conf"
    config.write_text(f"""
        reporting-disabled = true
        bind-address = "127.0.0.1:{free_port()}"
        [meta]
        dir = "{folder}/meta"
        [data]
        dir = "{folder}/data"
        wal-dir = "{folder}/wal"
        [http]
        bind-address = "127.0.0.1:{port}"
        """)
    with _running([program, "-config", str(config)], folder, port, "/ping"):
        assert get(port, "/query", q="CREATE DATABASE streamrnn")[0] == 200
        yield port


def influx_rows(port: int, query: str) -> list[dict[str, Any]]:
    """The answer to an InfluxQL query of one measurement, times in Unix seconds."""
    status, answer = get(port, "/query", db="streamrnn", epoch="u", q=query)
    assert status == 200, answer
    (result,) = answer["results"]
    rows = []
    for series in result.get("series", []):
        for values in series["values"]:
            row = dict(zip(series["columns"], values, strict=True))
            rows.append(row | {"time": row["time"] / 1e6})
    return rows


def _program(name: str, package: str = "") -> str:
    found = shutil.which(name, path=_PATH)
    if found is None:
        require_or_skip(f"{name} is not installed (Debian: apt-get install {package or name})")
    return found


@contextmanager
def _running(command: list[str], folder: Path, port: int, ready: str) -> Iterator[None]:
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not 200 <= get(port, ready)[0] < 300:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()
