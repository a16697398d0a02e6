"""Writes `configs/streamrnn.toml`, every setting with its default, from the section classes.

    python -m streamrnn.config.reference > configs/streamrnn.toml

A test holds the file against this.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from streamrnn.config.sections import Config
from streamrnn.config.tree import is_list, section_in

_WIDTH: Final = 100
_OPTIONAL: Final = ("group", "webhook")  # lists of what a file does without

_INTRODUCTION: Final = """\
Every setting of streamrnn with its default. A file needs only what differs: see minimal.toml.
Settings that stand behind a # have no default of their own; the value shown is an example.
Lengths of time are written like "500ms", "30s", "1h30m", "1d". Names of files are relative to
this one. STREAMRNN_MQTT__BROKER in the environment goes before [mqtt] broker, and so on.
Check a file with: streamrnn check-config -c FILE"""


def reference() -> str:
    """The complete settings file, with one example source."""
    blocks = [_comment(_INTRODUCTION.splitlines())]
    for name, field in Config.model_fields.items():
        section = section_in(field.annotation)
        if section is not None:
            header = f"[[{name}]]" if is_list(field) else f"[{name}]"
            lines = _section(header, section)
            blocks.append("\n".join(map(_behind_hash, lines) if name in _OPTIONAL else lines))
    return "\n\n".join(blocks) + "\n"


def _behind_hash(text: str) -> str:
    """For a section that a file does without: its settings, too, become comments."""
    return text if text.startswith("#") or not text else f"# {text}"


def _section(header: str, section: type[BaseModel]) -> Iterator[str]:
    yield _comment(_wrapped(section.__doc__ or ""))
    yield header
    defaults = _defaults(section)
    for name, field in section.model_fields.items():
        yield ""
        yield _comment(_wrapped(field.description or ""))
        nested = section_in(field.annotation)
        if nested is not None:
            for part, part_field in nested.model_fields.items():
                yield _comment(_wrapped(f"- {part}: {part_field.description}", "  "))
        examples = [f"{name} = {toml_value(example)}" for example in field.examples or []]
        if name in defaults:
            yield f"{name} = {toml_value(defaults[name])}"
            if examples:
                yield _comment(examples)
        elif field.is_required():
            yield from examples
        else:
            yield _comment(examples)


def _defaults(section: type[BaseModel]) -> dict[str, Any]:
    """The defaults that are the same on every machine, as they are written in a file."""
    fields = section.model_fields
    required: dict[str, Any] = {
        name: field.examples[0]
        for name, field in fields.items()
        if field.is_required() and field.examples
    }
    # Unchecked: a webhook is complete only with settings that have no default.
    values = section.model_construct(**required).model_dump(mode="json")
    return {name: values[name] for name, field in fields.items() if _has_fixed_default(field)}


def _has_fixed_default(field: FieldInfo) -> bool:
    return not field.is_required() and field.default_factory is None and field.default is not None


def toml_value(value: Any) -> str:
    """A value in TOML's notation, tables in one line."""
    if isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {toml_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, int):
        return f"{value:_}" if abs(value) >= 10_000 else str(value)
    short = f"{value:g}".replace("e+", "e")  # 1e15
    return short if "e" in short and float(short) == value else repr(value)


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, _WIDTH - len("# "), subsequent_indent=indent)


def _comment(lines: list[str]) -> str:
    return "\n".join(f"# {line}" for line in lines)


if __name__ == "__main__":
    print(reference(), end="")
