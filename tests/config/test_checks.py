"""Checks that need the machine: files, and something to do."""

from __future__ import annotations

from pathlib import Path

from streamrnn.config import Config, MqttConfig, SourceConfig
from streamrnn.config.checks import check_files, check_sources


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
        f'mqtt.password{start}/absent": must be a file that can be read: No such file or directory',
        f'mqtt.ca{start}": must be a file that can be read: Is a directory',
        f'mqtt.cert{start}/cert": must be a file that can be read: No such file or directory',
        f'mqtt.key{start}/key": must not be an empty file',
    ]
