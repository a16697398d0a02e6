"""The exceptions that streamrnn raises on purpose.

    StreamrnnError
    ├── ConfigError     a setting is wrong: carries every problem found, not the first
    ├── InputError      a file or value handed to the Python API or to `replay` is unusable
    ├── StateError      stored state cannot be read, written, or belongs to other settings
    └── BrokerError     an MQTT broker cannot be used; the daemon itself waits and tries again

Each message says what is wrong, where, and what to do about it. Bad *sensor* input is not an
exception: it is counted by `records.Reason`.
"""


class StreamrnnError(Exception):
    """Base of every deliberate error; the CLI prints its text without a traceback."""


class ConfigError(StreamrnnError):
    """One or more settings are wrong.

    problems: one line each, `path.to.field = value: what must hold`.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class InputError(StreamrnnError):
    """Data handed over by a caller cannot be used."""


class StateError(StreamrnnError):
    """Stored state is damaged, too new, or was made under other settings."""


class BrokerError(StreamrnnError):
    """A broker cannot be started or reached, where waiting for it would make no sense."""
