"""Output files that appear when they are complete, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from streamrnn.errors import StreamrnnError


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A text file to write to. It takes its name, and replaces what was there, when the block ends
    without an exception; else nothing is left of it.

    Devices and pipes are written to as they are. Raises StreamrnnError if the file cannot be
    written.
    """
    is_device = path.exists() and not path.is_file() and not path.is_dir()
    part = path if is_device else path.with_name(f".{path.name}.part")
    try:
        if path.is_dir():
            raise IsADirectoryError(None, "is a folder")
        with part.open("w", encoding="utf-8") as out:
            yield out
        if not is_device:
            os.replace(part, path)
    except OSError as error:
        raise StreamrnnError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        if not is_device:
            part.unlink(missing_ok=True)
