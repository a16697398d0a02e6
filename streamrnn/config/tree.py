"""The settings as a tree of names: what exists at a place, read from the section classes."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from streamrnn.config.sections import Config

Location = tuple[str | int, ...]
"""Names and list positions from the root, as pydantic reports them."""


def kinds_in(annotation: Any) -> Iterator[Any]:
    """A type and all that it is made of: of `Literal["auto"] | Path` also "auto" and Path."""
    yield annotation
    for argument in get_args(annotation):
        yield from kinds_in(argument)


def section_in(annotation: Any) -> type[BaseModel] | None:
    """The section class inside a field's type, such as that of `tuple[SourceConfig, ...]`."""
    for kind in kinds_in(annotation):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def section_at(location: Location) -> type[BaseModel] | None:
    """The section class at a place, None where there is none."""
    section: type[BaseModel] | None = Config
    for name in location:
        if isinstance(name, int):
            continue
        field = section.model_fields.get(name) if section else None
        section = section_in(field.annotation) if field else None
    return section


def settings() -> dict[str, FieldInfo]:
    """Every setting by its dotted path, in the order of the file; a list of sections counts as
    one."""
    found = {}
    for section_name, field in Config.model_fields.items():
        if is_list(field):
            found[section_name] = field
            continue
        for name, setting in _fields_at((section_name,)).items():
            found[f"{section_name}.{name}"] = setting
    return found


def is_list(field: FieldInfo) -> bool:
    """True for sections of which there may be several: [[source]], [[webhook]]."""
    return get_origin(field.annotation) is tuple


def holds_path(field: FieldInfo) -> bool:
    """True for the name of a file or folder."""
    return Path in kinds_in(field.annotation)


def names_at(location: Location) -> list[str]:
    """The settings or sections that exist right below a place."""
    return list(_fields_at(location))


def dotted(location: Location) -> str:
    """`source[0].topic`; a name that TOML would have in quotes is in quotes here as well."""
    return "".join(f"[{name}]" if isinstance(name, int) else f".{_key(name)}" for name in location)[
        1:
    ]


def probable(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one most likely stands for."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1)), None)


def _fields_at(location: Location) -> dict[str, FieldInfo]:
    section = section_at(location)
    return section.model_fields if section else {}


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)
