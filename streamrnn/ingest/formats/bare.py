"""A payload that is one value: `23.4`, `ON`, `"open"`. It needs no name: the topic is its name."""

from __future__ import annotations

from typing import Final

from streamrnn.ingest.format import BARE_FIELD, Document, Label, Record, Sample, Scalar
from streamrnn.ingest.formats.plain_json import parse_json
from streamrnn.ingest.number import as_number, read_text
from streamrnn.ingest.refusal import RefusedError, not_utf8, quote
from streamrnn.records import Message, Reason

_SPACE: Final = " \t\r\n"


class Bare:
    """Text with no more known about it: the last resort."""

    name = "bare"
    parse = None

    def claim(self, sample: Sample) -> str:
        return "the payload is a single value" if sample.text is not None else ""

    def read(self, message: Message) -> Document:
        return bare_document(message.payload)


def bare_document(
    payload: bytes,
    *,
    device: str = "",
    label: Label | None = None,
    name: str = BARE_FIELD,
    words: bool = False,
) -> Document:
    """The document of a bare value. words: whether one that is no number is as it should be.

    Raises RefusedError.
    """
    value = read_bare(payload)
    if words and as_number(value) is None:
        return Document(about="a state in words")
    return Document(
        (Record({name: value}),),
        bare=True,
        device=device,
        labels={name: label} if label else {},
    )


def read_bare(payload: bytes) -> Scalar:
    """The value. Raises RefusedError."""
    try:
        text = payload.decode().strip(_SPACE)
    except UnicodeDecodeError as error:
        raise not_utf8(error) from None
    if not text:
        raise RefusedError(Reason.EMPTY, "the payload is empty")
    if text[0] in "{[":
        raise RefusedError(Reason.NOT_DECODABLE, f"no single value: {quote(text)}")
    if text.startswith('"'):
        quoted: str = parse_json(text.encode())
        return quoted
    return read_text(text)
