"""Sparkplug topics.

spBv1.0/{group}/NBIRTH|NDEATH|NDATA|NCMD/{node}
spBv1.0/{group}/DBIRTH|DDEATH|DDATA|DCMD/{node}/{device}
spBv1.0/STATE/{host}
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple

from streamrnn.ingest.refusal import RefusedError, quote
from streamrnn.records import Reason

NAMESPACE: Final = "spBv1.0"
_LEVEL: Final = r"([^/+#\0]+)"
_TOPIC: Final = re.compile(
    rf"{re.escape(NAMESPACE)}/(?:"
    rf"{_LEVEL}/(?:(NBIRTH|NDEATH|NDATA|NCMD)/{_LEVEL}|(DBIRTH|DDEATH|DDATA|DCMD)/{_LEVEL}/{_LEVEL})"
    rf"|STATE/{_LEVEL})"
)


class Kind(StrEnum):
    NBIRTH = "NBIRTH"
    NDEATH = "NDEATH"
    NDATA = "NDATA"
    NCMD = "NCMD"
    DBIRTH = "DBIRTH"
    DDEATH = "DDEATH"
    DDATA = "DDATA"
    DCMD = "DCMD"
    STATE = "STATE"


class Address(NamedTuple):
    """Of which node, and device, a message speaks. device: "" for the node itself."""

    kind: Kind
    group: str
    node: str
    device: str

    @property
    def origin(self) -> str:
        """The topic without the kind: the same for births and data, so streams keep their name."""
        parts = (NAMESPACE, self.group, self.node, self.device)
        return "/".join(parts if self.device else parts[:-1])

    @property
    def commands(self) -> str:
        """The topic on which the node takes commands."""
        return f"{NAMESPACE}/{self.group}/{Kind.NCMD}/{self.node}"


def read_address(topic: str) -> Address:
    """Take a topic under `NAMESPACE` apart. Raises RefusedError."""
    match = _TOPIC.fullmatch(topic)
    if match is not None:
        group, of_node, node, of_device, parent, device, host = match.groups("")
        kind = Kind(of_node or of_device or "STATE")
        return Address(kind, group, node or parent or host, device)
    raise RefusedError(
        Reason.NOT_DECODABLE,
        f"{quote(topic)} is no Sparkplug topic: these are {NAMESPACE}/group/NDATA/node and "
        f"{NAMESPACE}/group/DDATA/node/device, with BIRTH and DEATH beside DATA",
    )
