"""Turns pydantic's errors into lines for people, such as

    mqtt.brokr = "x": unknown setting; did you mean "broker"?
    log.level = "warn": must be "debug", "info", "warning" or "error"; did you mean "warning"?

A value is left out where it may be a secret: errors end up in logs and bug reports.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from streamrnn.config.tree import Location, dotted, names_at, probable, settings

_RULES: Final = {
    "string_type": "must be text, in quotes",
    "string_unicode": "must be valid UTF-8",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length:,} characters",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list, in square brackets",
    "literal_error": "must be {expected}",
    "greater_than": "must be greater than {gt:,g}",
    "greater_than_equal": "must be at least {ge:,g}",
    "less_than_equal": "must be at most {le:,g}",
}
_SECRET_NAME: Final = re.compile(r"pass|pw|secret|token|credential|auth|key", re.IGNORECASE)
_USER_IN_URL: Final = re.compile(r"^([a-z0-9.+-]*://)?.*@", re.IGNORECASE | re.DOTALL)
_LONGEST_VALUE: Final = 80


def describe(errors: ValidationError, written_as: Mapping[str, str]) -> list[str]:
    """One line for each error, in the order of the sections.

    written_as: the name under which a setting was given, where that is not its path in the
    file: `{"mqtt.broker": "STREAMRNN_MQTT__BROKER"}`.
    """
    return [_printable(_line(error, written_as)) for error in errors.errors(include_url=False)]


def _shown(location: Location, value: object) -> str:
    """` = value` as it was written, or nothing for tables, lists, and whatever may be secret."""
    if isinstance(value, dict | list | tuple):
        return ""
    if _may_be_secret(str(location[-1])):
        return ""
    if isinstance(value, bool):
        return f" = {str(value).lower()}"
    if not isinstance(value, str):
        return f" = {value}"
    text = value
    if "://" in text or location[0] == "mqtt":
        text = _USER_IN_URL.sub(r"\1***@", text)
    if len(text) > _LONGEST_VALUE:
        text = text[:_LONGEST_VALUE] + "..."
    return " = " + json.dumps(text, ensure_ascii=False)


def _line(error: ErrorDetails, written_as: Mapping[str, str]) -> str:
    location, kind, context = error["loc"], error["type"], error.get("ctx", {})
    path = written_as.get(dotted(location), dotted(location))
    if kind == "between_sections":
        return error["msg"]
    if kind == "missing":
        return f"{path}: must be set"
    if kind == "model_type":
        return f"{path}{_shown(location, error['input'])}: {_table_rule(location)}"
    if kind == "tuple_type" and len(location) == 1:
        return f"{path}: must be a list of tables: write [[{path}]], in double brackets"
    if kind == "extra_forbidden":
        return f"{path}{_shown(location, error['input'])}: {_unknown(location, error['input'])}"
    if kind == "value_error":
        rule = str(context["error"])
    else:
        rule = _RULES[kind].format(**context) if kind in _RULES else error["msg"]
        rule = rule.replace("'", '"')
    return f"{path}{_shown(location, error['input'])}: {rule}{_meant(error)}"


def _table_rule(location: Location) -> str:
    if len(location) == 1:
        return f"must be a section: write [{location[0]}], and its settings below"
    return "must be a table of settings"


def _unknown(location: Location, value: object) -> str:
    name, known = str(location[-1]), names_at(location[:-1])
    noun = "section" if len(location) == 1 and isinstance(value, dict | list) else "setting"
    meant = probable(name, known)
    if meant:
        return f'unknown {noun}; did you mean "{meant}"?'
    if noun == "setting" and len(location) == 1:  # written above the first [section]
        homes = {path.rpartition(".")[2]: path for path in settings()}
        if meant := probable(name, homes):
            return f'unknown setting; did you mean "{homes[meant]}"?'
    return f"unknown {noun}; known here: {', '.join(known)}"


def _meant(error: ErrorDetails) -> str:
    """For one of a few words, misspelt."""
    if error["type"] != "literal_error" or not isinstance(error["input"], str):
        return ""
    meant = probable(error["input"], re.findall(r"'([^']+)'", error["ctx"]["expected"]))
    return f'; did you mean "{meant}"?' if meant else ""


def _may_be_secret(name: str) -> bool:
    if any(path.endswith(f".{name}") for path in settings()):
        return False
    return bool(_SECRET_NAME.search(name) or probable(name, ["password", "password_file"]))


def _printable(text: str) -> str:
    """Keeps control characters away from the terminal, and lone surrogates from its encoder."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
