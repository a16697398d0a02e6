import pytest

from streamrnn import cli
from streamrnn.cli.exit_codes import EPILOG, ExitCode, exit_code_of
from streamrnn.errors import BrokerError, ConfigError, InputError, StateError, StreamrnnError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StreamrnnError("iotcore is missing"), 1),
        (ConfigError(["mqtt.brokr: unknown setting"]), 2),
        (BrokerError("the broker is gone"), 3),
        (StateError("written by a newer version"), 4),
        (InputError("plant.csv: has no rows"), 5),
    ],
)
def test_every_kind_of_error_has_its_exit_code(error, code):
    assert exit_code_of(error) == code


def test_every_exit_code_is_documented():
    for code in ExitCode:
        assert f"\n    {code.value}    " in cli.__doc__
        assert f"{code.value} " in EPILOG
