"""Settings from environment variables: `STREAMRNN_MQTT__BROKER` is `mqtt.broker`.

The value is written as in the file, text without its quotes:
`STREAMRNN_HTTP__PORT=0`, `STREAMRNN_SOURCE='[{topic = "sensors/#"}]'`.

pydantic-settings would do most of this, but it reads the environment of the process, not one
handed in, and passes over misspelt names in silence.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic.fields import FieldInfo

from streamrnn.config.tree import kinds_in, probable, settings

PREFIX: Final = "STREAMRNN_"

NOT_SETTINGS: Final = frozenset({"STREAMRNN_DATA", "STREAMRNN_CACHE_DIR", "STREAMRNN_KERNELS"})
"""Variables of the tests and of the kernel cache, read elsewhere."""


def variable_name(path: str) -> str:
    """The variable that sets what stands at a dotted path."""
    return PREFIX + path.replace(".", "__").upper()


def read_environment(
    environ: Mapping[str, str],
) -> tuple[dict[str, Any], list[str]]:
    """Values by dotted path, and a line for every name that sets nothing."""
    known = {variable_name(path): (path, field) for path, field in settings().items()}
    values: dict[str, Any] = {}
    problems = []
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        if variable in known:
            path, field = known[variable]
            values[path] = _value(environ[variable], field)
        else:
            problems.append(f"{variable}: {_unknown(variable)}")
    return values, problems


def _unknown(variable: str) -> str:
    # Compared as paths: the prefix, common to all, would make everything look similar.
    path = variable.removeprefix(PREFIX).lower().replace("__", ".")
    meant = probable(path, settings())
    if meant:
        return f"unknown setting; did you mean {variable_name(meant)}?"
    return "unknown setting; a name is made like STREAMRNN_MQTT__BROKER for mqtt.broker"


def _value(text: str, field: FieldInfo) -> Any:
    if _takes_text(field.annotation):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text  # a duration, or a mistake that the check of the value will name


def _takes_text(annotation: Any) -> bool:
    """True for text, file names, and choices of words; durations are no TOML and need no quotes."""
    return any(kind in (str, Path) or isinstance(kind, str) for kind in kinds_in(annotation))
