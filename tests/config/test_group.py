from __future__ import annotations

from pathlib import Path

import pytest

from streamrnn.config import Config, GroupConfig
from streamrnn.config.group import group_of
from streamrnn.config.load import load
from streamrnn.errors import ConfigError


def problems(tmp_path: Path, text: str) -> str:
    file = tmp_path / "c.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        load(file, {})
    return str(error.value)


def test_a_group_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[[group]]\nname = "boiler"\nstreams = ["hall/*", "roof/chimney/*"]\n')
    assert load(file, {}).group == (
        GroupConfig(name="boiler", streams=("hall/*", "roof/chimney/*")),
    )
    assert Config().group == ()


def test_the_first_group_that_fits_counts() -> None:
    narrow = GroupConfig(name="pump", streams=("hall/pump*",))
    wide = GroupConfig(name="hall", streams=("hall/*",))
    assert group_of("hall/pump3/power", (narrow, wide)) == narrow
    assert group_of("hall/door", (narrow, wide)) == wide
    assert group_of("roof/door", (narrow, wide)) is None


def test_streams_that_are_not_together_are_devices_of_their_own() -> None:
    apart = GroupConfig(name="rooms", streams=("rooms/*",), together=False)
    assert apart.device("rooms/kitchen") == "rooms/kitchen"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('name = ""\nstreams = ["a"]', "group[0].name"),
        ('name = "a"\nstreams = []', "group[0].streams"),
        ('name = "a"', "group[0].streams"),
        ('name = "a"\nstream = ["a"]', "streams"),
    ],
)
def test_a_group_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    assert problem in problems(tmp_path, f"[[group]]\n{text}\n")
