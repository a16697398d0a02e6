"""What all sections of the settings have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator


class Section(BaseModel):
    """Frozen, valid from birth, and strict: `port = "8095"` is a mistake, not a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


def _read_path(value: object) -> Path:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("must be the name of a file or folder")
    return Path(value)


PathSetting = Annotated[
    Path, PlainValidator(_read_path), PlainSerializer(lambda path: str(path), return_type=str)
]
"""A file or folder. `load` makes a relative one relative to the settings file."""
