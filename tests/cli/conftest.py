"""Runs the command line in this process, with an environment of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from streamrnn.cli import main


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


StreamrnnCommand = Callable[..., Outcome]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory and no settings from whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("STREAMRNN_")]:
        if name not in ("STREAMRNN_DATA", "STREAMRNN_CACHE_DIR"):
            monkeypatch.delenv(name)
    for name in ("STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    # help texts fold at the width of the terminal, with colours in some
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def streamrnn(home: Path, capsys: pytest.CaptureFixture[str]) -> StreamrnnCommand:
    """`streamrnn("check-config", "-c", path)` -> exit code, standard output, standard error."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), out, err)

    return run
