"""What a payload format is: the interface of every module in `formats/`.

    claim    does this message look like mine, and why? (asked once per topic, then remembered)
    read     message -> Document; raises RefusedError, and nothing else, whatever the bytes
    parse    the quick way, where there is one: payload -> leaves

A format is pure: no clock, no I/O. It may remember what earlier messages said (aliases, units),
within bounds of its own; it must then survive `copy.deepcopy`, which `Ingest.explain` reads with.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import msgspec

from streamrnn.ingest.refusal import RefusedError
from streamrnn.records import Message

Scalar: TypeAlias = float | int | str | None  # bool is an int
Leaves: TypeAlias = dict[str, Scalar]

BARE_FIELD: Final = "value"

_decode_json = msgspec.json.Decoder().decode


class Record(NamedTuple):
    """Values that were taken at one time.

    leaves: by dotted path. time: as the format has it, Unix seconds; None where it has none, and
    it may still stand in one of the leaves.
    """

    leaves: Leaves
    time: float | None = None


class Label(NamedTuple):
    """What a format says about a leaf. Empty where it says nothing."""

    unit: str = ""
    name: str = ""


class Request(NamedTuple):
    """A message that the format asks to be published, such as Sparkplug's rebirth request."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Document:
    """A payload, taken apart.

    bare: one record of one value with no name of its own, under BARE_FIELD, or the name by which
    the format has it elsewhere.
    device: what the format calls the device; labels: by path.
    ignored: paths, or branches, that are no measurements by the rules of the format (counters of
    messages, signal strengths). They become readings only if `fields` asks for them by name.
    about: set where a message with no readings is as it should be: what it says instead.
    refusals: values that could not be read, and what else has to be counted and complained about,
    while the rest of the message can be used.
    topic: what {topic} stands for in the names of streams, where a device says the same thing on
    several topics; "" for the topic of the message. It depends on nothing but that.
    """

    records: Sequence[Record] = ()
    bare: bool = False
    device: str = ""
    labels: Mapping[str, Label] = field(default_factory=dict)
    ignored: Collection[str] = ()
    about: str = ""
    requests: Sequence[Request] = ()
    refusals: Sequence[RefusedError] = ()
    topic: str = ""

    def ignores(self, path: str) -> bool:
        """Whether the path is, or lies on, one that is no measurement."""
        return bool(self.ignored) and any(lies_on(branch, path) for branch in self.ignored)


def lies_on(branch: str, path: str) -> bool:
    """Whether a dotted path is `branch` or continues it."""
    return path == branch or path.startswith(f"{branch}.")


@dataclass(frozen=True)
class Sample:
    """A message whose format is to be found, taken apart once for all who look at it."""

    topic: str
    payload: bytes

    @cached_property
    def levels(self) -> list[str]:
        return self.topic.split("/")

    @cached_property
    def json(self) -> Any:
        """The JSON object or array that the payload is; None if it is none."""
        if self.payload.lstrip()[:1] not in (b"{", b"["):
            return None
        try:
            return _decode_json(self.payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    def has(self, *keys: str) -> bool:
        """Whether the payload is a JSON object with all of these keys."""
        return isinstance(self.json, dict) and all(key in self.json for key in keys)

    def has_any(self, *keys: str) -> bool:
        """Whether it is one with one of them."""
        return isinstance(self.json, dict) and any(key in self.json for key in keys)

    @cached_property
    def text(self) -> str | None:
        """The payload as text; None if it is not UTF-8."""
        try:
            return self.payload.decode()
        except UnicodeDecodeError:
            return None


class Format(Protocol):
    """One payload format. `name` is what `format` in [[source]] calls it."""

    @property
    def name(self) -> str: ...

    @property
    def parse(self) -> Callable[[bytes], Leaves] | None:
        """payload -> leaves, where that is all there is to it: the leaves share the time of the
        message and depend on no other message. Raises RefusedError. None: each takes `read`."""

    def claim(self, sample: Sample) -> str:
        """Why the message is of this format, in words that follow "as"; empty if it is not."""

    def read(self, message: Message) -> Document:
        """Take the payload apart. Raises RefusedError, and nothing else."""
