"""Checks that go beyond the settings themselves. Each returns its problems, one line each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from streamrnn.config.sections import Config

_OF_SECRETS: Final = ("password_file", "token_file", "url_file")


def check_sources(config: Config) -> list[str]:
    """A daemon needs something to listen to."""
    if config.source:
        return []
    return [
        "source: at least one must be set: write [[source]] and below it "
        'topic = "sensors/#", or use --topic "sensors/#"'
    ]


def check_files(config: Config) -> list[str]:
    """The files that are named must be readable to whoever runs this, and not empty."""
    problems = []
    for setting, path in _files(config):
        try:
            with path.open("rb") as file:
                empty = not file.read(1)
        except OSError as error:
            where = _what_there_is(path) if setting.endswith(_OF_SECRETS) else path
            rule = f"must be a file that can be read: {error.strerror}"
            problems.append(f'{setting} = "{where}": {rule}')
        else:
            if empty:
                problems.append(f'{setting} = "{path}": must not be an empty file')
    return problems


def _what_there_is(path: Path) -> Path:
    """Without what does not exist: somebody may have typed in the secret itself."""
    there = path
    while not os.path.lexists(there):
        there = there.parent
    return path if there == path else there / "***"


def _files(config: Config) -> Iterator[tuple[str, Path]]:
    """The files that are set, by their setting."""
    sections = {"mqtt": config.mqtt, "influxdb": config.influxdb, "http": config.http}
    sections |= {f"webhook[{i}]": webhook for i, webhook in enumerate(config.webhook)}
    for section, content in sections.items():
        for name in type(content).model_fields:
            if name.endswith("_file") and (path := getattr(content, name)) is not None:
                yield f"{section}.{name}", path
