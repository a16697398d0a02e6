"""Checks that need the machine: files, and something to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrnn.config import Config, MqttConfig, SourceConfig
from streamrnn.config.checks import check_files, check_sources
from streamrnn.config.load import load


def with_password(path: Path) -> Config:
    return Config(mqtt=MqttConfig(user="me", password_file=path))


def test_a_daemon_without_a_source_is_told_how_to_set_one() -> None:
    (problem,) = check_sources(Config())
    assert problem.startswith("source: at least one must be set")
    assert "[[source]]" in problem
    assert "--topic" in problem


def test_one_source_is_enough() -> None:
    assert check_sources(Config(source=(SourceConfig(topic="a"),))) == []


def test_no_files_named_no_files_needed() -> None:
    assert check_files(Config()) == []


def test_files_that_can_be_read_are_fine(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("secret\n")
    assert check_files(with_password(password)) == []


def test_every_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    mqtt = MqttConfig(
        broker="mqtts://b",
        user="me",
        password_file=tmp_path / "absent",
        ca_file=tmp_path,
        cert_file=tmp_path / "cert",
        key_file=tmp_path / "key",
    )
    (tmp_path / "key").touch()
    start = f'_file = "{tmp_path}'
    assert check_files(Config(mqtt=mqtt)) == [
        f'mqtt.password{start}/***": must be a file that can be read: No such file or directory',
        f'mqtt.ca{start}": must be a file that can be read: Is a directory',
        f'mqtt.cert{start}/cert": must be a file that can be read: No such file or directory',
        f'mqtt.key{start}/key": must not be an empty file',
    ]


@pytest.mark.parametrize(
    "typed", ["hunter2", "hun/ter2", "/hunter2", "https://hooks.slack.com/services/hunter2"]
)
def test_a_secret_typed_in_place_of_its_file_is_not_repeated(tmp_path: Path, typed: str) -> None:
    settings = tmp_path / "streamrnn.toml"
    settings.write_text(
        f'''
        [mqtt]
        user = "me"
        password_file = "{typed}"
        [http]
        token_file = "{typed}"
        [influxdb]
        token_file = "{typed}"
        [[webhook]]
        name = "chat"
        template = "slack"
        url_file = "{typed}"
        '''
    )
    problems = check_files(load(settings, {}))
    assert len(problems) == 4
    assert all('/***": must be a file that can be read' in problem for problem in problems)
    assert "hun" not in "".join(problems)
    assert "hooks" not in "".join(problems)
