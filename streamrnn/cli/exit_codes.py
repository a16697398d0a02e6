"""What the exit code of a command means. Restarting mends none of 2 to 5."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from streamrnn.errors import BrokerError, ConfigError, InputError, StateError, StreamrnnError


class ExitCode(IntEnum):
    OK = 0
    FAILURE = 1
    USAGE = 2
    BROKER = 3
    STATE = 4
    INPUT = 5


_OF_ERRORS: Final[dict[type[StreamrnnError], ExitCode]] = {
    ConfigError: ExitCode.USAGE,
    BrokerError: ExitCode.BROKER,
    StateError: ExitCode.STATE,
    InputError: ExitCode.INPUT,
}

EPILOG: Final = (
    "Exit codes: 0 done; 1 failed while running; 2 wrong usage or settings; "
    "3 the MQTT broker cannot be used; 4 stored state cannot be used; "
    "5 an input file cannot be used."
)


def exit_code_of(error: StreamrnnError) -> ExitCode:
    for kind, code in _OF_ERRORS.items():
        if isinstance(error, kind):
            return code
    return ExitCode.FAILURE
