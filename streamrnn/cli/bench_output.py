"""What all `streamrnn bench` commands share: the progress bar, the options, the files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from streamrnn import __version__
from streamrnn.errors import InputError

if TYPE_CHECKING:
    from streamrnn.evaluate.table import Table

Result = TypeVar("Result")

DataFolder = Annotated[
    Path,
    typer.Option(
        envvar="STREAMRNN_DATA", help="Folder with one folder per set; see docs/quality.md."
    ),
]
JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Also write the figures here, for programs.")
]
Processes = Annotated[
    int | None, typer.Option(min=1, help="How many at once. Default: one per core.")
]
DEFAULT_DATA = Path("../shared/data")


def with_progress(
    title: str, total: int, run: Callable[[int, Callable[[], object]], Result], wanted: int | None
) -> Result:
    """`run(processes, done)`, under a progress bar where somebody watches."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    processes = wanted or len(os.sched_getaffinity(0))
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(title, total=total)
        return run(processes, lambda: progress.advance(bar))


def show(found: Sequence[Table]) -> None:
    from streamrnn.evaluate.table import markdown

    sys.stdout.write(markdown(found))


def write_json(path: Path | None, content: Mapping[str, Any]) -> None:
    """With the version of the program. None: nobody wants it."""
    if path is not None:
        text = json.dumps({"version": __version__, **content}, indent=1, allow_nan=False)
        write(path, text + "\n")


def write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
