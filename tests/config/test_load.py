"""From a file, the environment and the command line to a `Config`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streamrnn.config import Config
from streamrnn.config.load import load
from streamrnn.errors import ConfigError

PRECEDENCE = ["default", "file", "environment", "command line"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "streamrnn.toml"


def problems_of(path: Path | None, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path, environ or {})
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_without_a_file_the_defaults_hold() -> None:
    assert load(None, {}) == Config()


def test_an_empty_file_changes_nothing(file: Path) -> None:
    file.write_text("")
    assert load(file, {}) == Config()


def test_a_file_sets_what_it_names(file: Path) -> None:
    file.write_text('[mqtt]\nbroker = "mqtt://b"\n[[source]]\ntopic = "a"\n[[source]]\ntopic = "b"')
    config = load(file, {})
    assert config.mqtt.broker == "mqtt://b"
    assert [source.topic for source in config.source] == ["a", "b"]


@pytest.mark.parametrize("levels", [PRECEDENCE[:n] for n in range(1, 5)])
def test_the_command_line_goes_before_the_environment_before_the_file(
    levels: list[str], file: Path
) -> None:
    file.write_text("[http]\nport = 1\n" if "file" in levels else "")
    environ = {"STREAMRNN_HTTP__PORT": "2"} if "environment" in levels else {}
    overrides = {"http.port": 3} if "command line" in levels else {}
    expected = {"default": 8095, "file": 1, "environment": 2, "command line": 3}
    assert load(file, environ, overrides).http.port == expected[levels[-1]]


def test_one_setting_overridden_leaves_its_neighbours(file: Path) -> None:
    file.write_text('[http]\nhost = "::1"\nport = 1\n')
    config = load(file, {"STREAMRNN_HTTP__PORT": "2"}, {"http.enabled": False})
    assert (config.http.host, config.http.port, config.http.enabled) == ("::1", 2, False)


def test_topics_of_the_command_line_replace_the_sources_of_the_file(file: Path) -> None:
    file.write_text('[[source]]\ntopic = "a"\n[[source]]\ntopic = "b"\n')
    overrides: dict[str, Any] = {"source": [{"topic": "c"}]}
    assert [source.topic for source in load(file, {}, overrides).source] == ["c"]


def test_an_option_that_was_not_given_overrides_nothing(file: Path) -> None:
    file.write_text("[http]\nport = 1\n")
    assert load(file, {}, {"http.port": None, "source": None}).http.port == 1


def test_a_wrong_value_is_named_after_where_it_came_from(file: Path) -> None:
    file.write_text("[http]\nport = 1\n")
    environ = {"STREAMRNN_HTTP__PORT": "x", "STREAMRNN_HTTP__HOST": ""}
    assert problems_of(file, environ) == [
        'STREAMRNN_HTTP__HOST = "": must not be empty',
        'STREAMRNN_HTTP__PORT = "x": must be a whole number',
    ]
    with pytest.raises(ConfigError, match=r'^http\.port = "y": must be a whole number$'):
        load(file, {"STREAMRNN_HTTP__PORT": "x"}, {"http.port": "y"})


def test_problems_of_names_and_of_values_are_told_together(file: Path) -> None:
    file.write_text('[mqtt]\nbrokr = "x"\n[[source]]\ntopic = "a"\nqos = 3\n')
    assert problems_of(file, {"STREAMRNN_HTTP__PROT": "1", "STREAMRNN_MQTT__KEEPALIVE": "30"}) == [
        "STREAMRNN_HTTP__PROT: unknown setting; did you mean STREAMRNN_HTTP__PORT?",
        'STREAMRNN_MQTT__KEEPALIVE = 30: must have a unit, such as "30s", "10m", "6h" or "1d"',
        'mqtt.brokr = "x": unknown setting; did you mean "broker"?',
        "source[0].qos = 3: must be 0 or 1; the daemon recognises what comes twice",
    ]


def test_a_section_that_is_none_is_told_even_when_a_variable_is_set(file: Path) -> None:
    file.write_text("http = 8095\n")
    (problem,) = problems_of(file, {"STREAMRNN_HTTP__PORT": "1"})
    assert problem.startswith("http = 8095: must be a section")


def test_a_syntax_error_is_told_with_line_and_column(file: Path) -> None:
    file.write_text("[http]\nport 1\n")
    (problem,) = problems_of(file)
    assert problem.startswith(f"{file}: not valid TOML: ")
    assert "line 2, column 6" in problem


@pytest.mark.parametrize("text", ["a = " + 100_000 * "[", "a = " + 5000 * "9"])
def test_what_the_parser_cannot_take_is_told_like_any_mistake(file: Path, text: str) -> None:
    file.write_text(text)
    (problem,) = problems_of(file)
    assert problem.startswith(f"{file}: not valid TOML: ")


def test_a_file_that_is_not_text_is_told(file: Path) -> None:
    file.write_bytes(b'name = "\xff"')
    assert problems_of(file) == [f"{file}: must be UTF-8; byte 8 is not"]


def test_a_byte_order_mark_does_no_harm(file: Path) -> None:
    file.write_text("[http]\nport = 1\n", encoding="utf-8-sig")
    assert load(file, {}).http.port == 1


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    absent = tmp_path / "absent.toml"
    assert problems_of(absent) == [f"{absent}: cannot be read: No such file or directory"]
    assert problems_of(tmp_path) == [f"{tmp_path}: cannot be read: Is a directory"]


def test_file_names_in_the_file_are_relative_to_its_folder(file: Path) -> None:
    file.write_text(
        '[mqtt]\nbroker = "mqtts://b"\nuser = "me"\npassword_file = "password"\n'
        'ca_file = "/etc/ca.pem"\n[state]\ndirectory = "../state"\n'
    )
    config = load(file, {})
    assert config.mqtt.password_file == file.parent / "password"
    assert config.mqtt.ca_file == Path("/etc/ca.pem")
    assert config.state.directory == file.parent / "../state"


def test_file_names_from_elsewhere_are_relative_to_the_working_directory(file: Path) -> None:
    file.write_text('[state]\ndirectory = "state"\n')
    environ = {"STREAMRNN_MQTT__PASSWORD_FILE": "password"}
    config = load(file, environ, {"state.directory": "here", "mqtt.user": "me"})
    assert config.mqtt.password_file == Path("password")
    assert config.state.directory == Path("here")


def test_an_empty_file_name_is_refused_rather_than_taken_for_the_folder(file: Path) -> None:
    file.write_text('[state]\ndirectory = ""\n')
    assert problems_of(file) == ['state.directory = "": must be the name of a file or folder']


def test_no_cause_that_shows_values_hangs_on_the_error(file: Path) -> None:
    file.write_text('[mqtt]\npassword = "hunter2"\n')
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
