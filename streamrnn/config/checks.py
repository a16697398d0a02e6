"""Checks that go beyond the settings themselves. Each returns its problems, one line each."""

from __future__ import annotations

from streamrnn.config.sections import Config


def check_sources(config: Config) -> list[str]:
    """A daemon needs something to listen to."""
    if config.source:
        return []
    return [
        "source: at least one must be set: write [[source]] and below it "
        'topic = "sensors/#", or use --topic "sensors/#"'
    ]


def check_files(config: Config) -> list[str]:
    """The files named in [mqtt] must be readable to whoever runs this, and not empty."""
    problems = []
    for name in ("password_file", "ca_file", "cert_file", "key_file"):
        path = getattr(config.mqtt, name)
        if path is None:
            continue
        where = f'mqtt.{name} = "{path}"'
        try:
            with path.open("rb") as file:
                empty = not file.read(1)
        except OSError as error:
            problems.append(f"{where}: must be a file that can be read: {error.strerror}")
        else:
            if empty:
                problems.append(f"{where}: must not be an empty file")
    return problems
