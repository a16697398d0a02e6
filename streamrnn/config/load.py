"""Reads the settings: defaults < file < environment < command line, checked as a whole."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from streamrnn.config.environment import read_environment, variable_name
from streamrnn.config.problems import describe
from streamrnn.config.sections import Config
from streamrnn.config.tree import holds_path, section_at
from streamrnn.errors import ConfigError

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def load(
    path: Path | None, environ: Mapping[str, str], overrides: Mapping[str, Any] = _NOTHING
) -> Config:
    """The settings of the TOML file at `path`, if any, under those of `environ` and `overrides`.

    overrides: from the command line, by dotted path: `{"mqtt.broker": "mqtt://10.0.0.2"}`. None
    stands for an option that was not given. `source` replaces all sources of the file.

    File names in the file are relative to its folder, those from elsewhere to the working
    directory.

    Raises ConfigError with every problem found.
    """
    data = {} if path is None else _read_toml(path)
    if path is not None:
        _resolve_paths(data, path.parent)
    from_environ, problems = read_environment(environ)
    given = {setting: value for setting, value in overrides.items() if value is not None}
    for setting, value in (from_environ | given).items():
        _put(data, setting, value)
    written_as = {
        setting: variable_name(setting) for setting in from_environ if setting not in given
    }
    try:
        config = Config.model_validate(data)
    except ValidationError as errors:
        problems += describe(errors, written_as)
    if problems:
        raise ConfigError(problems)
    return config


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        # Some editors begin a file with a byte order mark, which TOML does not know.
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: must be UTF-8; byte {error.start} is not"]) from error
    except RecursionError as error:
        raise ConfigError([f"{path}: not valid TOML: nested too deeply"]) from error
    except ValueError as error:  # of the syntax, or a number with thousands of digits
        raise ConfigError([f"{path}: not valid TOML: {error}"]) from error


def _resolve_paths(data: dict[str, Any], folder: Path) -> None:
    for section_name, content in data.items():
        section = section_at((section_name,))
        tables = content if isinstance(content, list) else [content]
        for name, field in section.model_fields.items() if section else ():
            if not holds_path(field):
                continue
            for table in tables:
                if isinstance(table, dict) and isinstance(table.get(name), str) and table[name]:
                    table[name] = folder.absolute() / table[name]


def _put(data: dict[str, Any], setting: str, value: object) -> None:
    section_name, _, name = setting.partition(".")
    if not name:
        data[section_name] = value
        return
    section = data.setdefault(section_name, {})
    if isinstance(section, dict):  # else a mistake in the file, to be reported as such
        section[name] = value
