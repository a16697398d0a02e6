import re
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

import streamrnn as package
from streamrnn.cli import main

COMMANDS = [
    "run",
    "demo",
    "discover",
    "check-config",
    "test-message",
    "replay",
    "events",
    "healthcheck",
    "compile-kernels",
]

# What takes tenths of a second to import, and no command needs before it starts to work.
SLOW = {"numba", "pandas", "uvicorn", "starlette", "prometheus_client"}


def modules_after(*arguments):
    """What is imported after a command, in a fresh interpreter."""
    code = (
        "import sys\n"
        "from streamrnn.cli import main\n"
        "try:\n"
        "    main(sys.argv[1:])\n"
        "except SystemExit:\n"
        "    pass\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_the_version_is_that_of_the_package(streamrnn):
    assert streamrnn("--version") == (0, f"streamrnn {package.__version__}\n", "")


def test_the_command_is_installed_under_its_name():
    (command,) = entry_points(group="console_scripts", name="streamrnn")
    assert command.load() is main


def test_the_package_can_be_run_as_a_module():
    command = [sys.executable, "-m", "streamrnn", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"streamrnn {package.__version__}\n"


def test_help_lists_every_command_and_the_exit_codes(streamrnn):
    code, out, _ = streamrnn("--help")
    assert code == 0
    for command in COMMANDS:
        assert f" {command} " in out
    assert "Exit codes: 0 done; 1 failed while running; 2 wrong usage or settings;" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example(streamrnn, command):
    code, out, _ = streamrnn(command, "--help")
    assert code == 0
    assert f"Example:  streamrnn {command}" in out


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"demo"}))
def test_whatever_has_settings_takes_their_file_by_the_same_option(streamrnn, tmp_path, command):
    out = streamrnn(command, "--help").out
    assert re.search(r"--config +-c +FILE +Settings \(TOML\)\.", out)
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("colour = 1\n")
    needed = {"test-message": ["a", "5"], "replay": ["a.csv"]}.get(command, [])
    for option in ("-c", "--config"):
        code, _, err = streamrnn(command, *needed, option, wrong)
        assert code == 2
        assert "colour" in err


@pytest.mark.parametrize("arguments", [["fly"], ["run", "--colour"], ["test-message"], ["replay"]])
def test_wrong_usage_is_exit_code_2(streamrnn, arguments):
    code, out, err = streamrnn(*arguments)
    assert (code, out) == (2, "")
    assert "Usage: streamrnn" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["--help"],
        ["replay", "--help"],
        ["check-config"],
        ["healthcheck", "--timeout", "0.1"],
        ["run"],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("home")
def test_what_must_start_at_once_imports_nothing_slow(arguments):
    assert not SLOW & modules_after(*arguments)
