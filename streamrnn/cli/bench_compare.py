"""`streamrnn bench compare`: several runs of `bench quality` in one table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streamrnn.cli.bench_output import show


def bench_compare(
    files: Annotated[list[Path], typer.Argument(help="Files that bench quality --json wrote.")],
) -> None:
    """Put several runs of bench quality side by side: an ablation.

    One row for each file, named after it. The tables go to standard output as
    Markdown.

    Example:  streamrnn bench compare full.json without-shape-memory.json
    """
    # Lazy: numba.
    from streamrnn.evaluate.comparison import comparison_tables
    from streamrnn.evaluate.figures import from_json

    show(comparison_tables([(path.stem, from_json(path)) for path in files]))
