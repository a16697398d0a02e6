"""A table, and how it is written: Markdown for terminal and documents, and one HTML page."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """note: one or two sentences. header and every row: the same number of cells, the first a
    name."""

    title: str
    note: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]


def markdown(found: Sequence[Table]) -> str:
    parts = []
    for table in found:
        lines = [table.header, tuple("---" for _ in table.header), *table.rows]
        body = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        parts.append(f"### {table.title}\n\n{table.note}\n\n{body}\n")
    return "\n".join(parts)


_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:75em;padding:0 1em}"
    "figure{margin:0 0 2em}svg{max-width:100%;height:auto}"
    "table{border-collapse:collapse;margin:0 0 2em}"
    "th,td{padding:.3em .8em;border-bottom:1px solid #ccc;text-align:right}"
    "th:first-child,td:first-child{text-align:left}"
)


def html_page(found: Sequence[Table], heading: str, pictures: Sequence[str] = ()) -> str:
    """A page of its own, without scripts or anything to load. pictures: SVG elements."""
    parts = [f"<figure>{picture}</figure>\n" for picture in pictures]
    for table in found:
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in table.header)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>\n"
            for row in table.rows
        )
        parts.append(
            f"<h2>{html.escape(table.title)}</h2>\n<p>{html.escape(table.note)}</p>\n"
            f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>\n"
        )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(heading)}</title><style>{_STYLE}</style></head>\n"
        f"<body><h1>{html.escape(heading)}</h1>\n{''.join(parts)}</body></html>\n"
    )
