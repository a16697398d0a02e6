"""CSV: one row per line, cells apart by comma, semicolon or tab, with or without a header.

    time,temperature,humidity                       temperature = 21.5, humidity = 40
    2023-11-14T22:13:20Z,21.5,40                    both at that time

    2023-11-14T22:13:20Z;21.5;40                    1 = 21.5, 2 = 40

Without a header the columns go by their numbers, from 0, and the time may stand in the first one
(ISO 8601 with a zone, or unix time of ten digits or more). `12,5` is not read as two numbers unless
the source says `format = "csv"`: in half of the world it is one. Nor is `1,234,567`.
"""

from __future__ import annotations

import csv
import re
from typing import Final

from streamrnn.ingest.format import Document, Leaves, Record, Sample
from streamrnn.ingest.number import as_number, read_text
from streamrnn.ingest.refusal import RefusedError, not_utf8, quote
from streamrnn.ingest.timestamp import iso_time, unix_time
from streamrnn.records import Message, Reason

_DELIMITERS: Final = ",;\t"
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_UNIX_TIME: Final = re.compile(r"\d{10,19}(?:\.\d+)?")
_COLUMNS_ENOUGH: Final = 3  # without a header: two may be one number with a decimal comma


class CsvLines:
    """Rows of numbers."""

    name = "csv"
    parse = None

    def claim(self, sample: Sample) -> str:
        if sample.text is None or sample.payload[:1] in (b"{", b"[", b'"'):
            return ""
        try:
            header, rows = _table(sample.text)
        except RefusedError:
            return ""
        if not rows or not any(_is_number(cell) for row in rows for cell in row):
            return ""
        if header:
            return f"the payload is a header and {len(rows)} rows"
        if len(rows[0]) < _COLUMNS_ENOUGH or _GROUPED.fullmatch(sample.text.strip()):
            return ""
        numbers = all(_is_number(cell) for row in rows for cell in row[1:])
        return f"the payload is {len(rows[0])} columns of numbers" if numbers else ""

    def read(self, message: Message) -> Document:
        try:
            text = message.payload.decode()
        except UnicodeDecodeError as error:
            raise not_utf8(error) from None
        header, rows = _table(text)
        if not rows:
            return Document(about="a header without rows")
        return Document([_record(header, row) for row in rows])


def _table(text: str) -> tuple[list[str], list[list[str]]]:
    """Header, empty where there is none, and rows of one width. Raises RefusedError."""
    lines = text.strip("\r\n ").splitlines()
    if not lines:
        raise RefusedError(Reason.EMPTY, "the payload is empty")
    delimiter = max(_DELIMITERS, key=lines[0].count)
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise RefusedError(Reason.NOT_DECODABLE, f"not CSV: {error}") from None
    rows = [[cell.strip() for cell in row] for row in rows if row]
    width = len(rows[0]) if rows else 0
    if width < 2:
        raise RefusedError(Reason.NOT_DECODABLE, "a single column is no CSV")
    if any(len(row) != width for row in rows):
        raise RefusedError(Reason.NOT_DECODABLE, "the rows have different numbers of cells")
    if _is_header(rows[0]):
        return rows[0], rows[1:]
    return [], rows


def _is_header(row: list[str]) -> bool:
    if not all(cell and iso_time(cell) is None and not _is_number(cell) for cell in row):
        return False
    if len(set(row)) < len(row):
        raise RefusedError(Reason.DUPLICATE_KEY, f"two columns have one name: {quote(row)}")
    return True


def _is_number(cell: str) -> bool:
    return as_number(read_text(cell)) is not None


def _record(header: list[str], row: list[str]) -> Record:
    if header:
        return Record({name: read_text(cell) for name, cell in zip(header, row, strict=True)})
    time = _time(row[0])
    leaves: Leaves = {str(column): read_text(cell) for column, cell in enumerate(row)}
    if time is not None:
        del leaves["0"]
    return Record(leaves, time)


def _time(cell: str) -> float | None:
    return unix_time(float(cell)) if _UNIX_TIME.fullmatch(cell) else iso_time(cell)
