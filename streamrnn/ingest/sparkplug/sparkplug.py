"""The format "sparkplug_b".

    BIRTH   names, types, units and aliases are learned; its values are readings, except bdSeq and
            what lies under Node Control/ and Device Control/
    DATA    readings, each with its own time; aliases and types as the last birth said
    DEATH   what was learned is forgotten and the death counted; a node's death is that of all its
            devices. The will of an earlier session that comes late (bdSeq) changes nothing
    NCMD, DCMD, STATE    are not for us

The values of a message after a gap in the sequence are read all the same: data travel at QoS 0, one
lost message is no rarity, and a node gives other aliases only at a birth, which is asked for.

Historical values (`is_historical`) are readings like others, at their own time: the detector takes
them as long as they are newer than what the stream has seen, and counts the others as late.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from streamrnn.ingest.format import Document, Request, Sample
from streamrnn.ingest.refusal import RefusedError, quote
from streamrnn.ingest.sparkplug.address import NAMESPACE, Address, Kind, read_address
from streamrnn.ingest.sparkplug.birth import BD_SEQ, EMPTY_BIRTH, Birth, Definition, define
from streamrnn.ingest.sparkplug.fields import Fields
from streamrnn.ingest.sparkplug.nodes import Node, Nodes, StoredNode
from streamrnn.ingest.sparkplug.rebirth import rebirth_budget, rebirth_request
from streamrnn.ingest.sparkplug.value import read_text, read_value
from streamrnn.ingest.sparkplug.wire import WireMessage, parse_payload
from streamrnn.records import Message, Reason

_CAPACITY_BYTES: Final = 20_000_000
_ABOUT: Final = {
    Kind.NCMD: "a command to a node",
    Kind.DCMD: "a command to a device",
    Kind.STATE: "the state of a host application",
}


class SparkplugB:
    """Reads Sparkplug B, and remembers the births.

    capacity_bytes: roughly what that may take: as it stands, some 40,000 metrics.
    """

    name: Final = "sparkplug_b"
    parse: Final = None  # what a payload means depends on its topic and on earlier messages

    def __init__(self, capacity_bytes: int = _CAPACITY_BYTES) -> None:
        self._nodes = Nodes(capacity_bytes)
        self._budget = rebirth_budget()

    def to_state(self) -> Any:
        """The births, fit for JSON."""
        return self._nodes.to_state()

    def restore(self, state: Any) -> None:
        """Takes up what `to_state` returned. Raises ValueError for anything else."""
        self._nodes.restore(msgspec.convert(state, list[StoredNode]))

    def claim(self, sample: Sample) -> str:
        """Sparkplug is known by its topic alone."""
        is_below = sample.topic.startswith(f"{NAMESPACE}/")
        return f"its topic lies under {NAMESPACE}/" if is_below else ""

    def read(self, message: Message) -> Document:
        """Take a message apart, and learn from it. Raises RefusedError."""
        address = read_address(message.topic)
        kind = address.kind
        if kind in _ABOUT:
            return Document(about=_ABOUT[kind])
        payload = parse_payload(message.payload)
        if payload.body and not payload.metrics:
            raise RefusedError(
                Reason.NOT_DECODABLE, "compressed payloads are not read; turn compression off"
            )
        node = self._nodes.hear((address.group, address.node))
        fields = Fields()
        if kind is Kind.NDEATH:
            self._node_dies(node, address, payload, fields)
        else:
            # What the broker had stored is no step in the sequence.
            is_step = kind is not Kind.NBIRTH and not message.retain
            has_gap = is_step and _has_gap(node, payload, fields)
            if kind is Kind.DDEATH:
                self._device_dies(node, address, fields)
            elif kind in (Kind.NBIRTH, Kind.DBIRTH):
                self._is_born(node, address, payload, fields)
            else:
                _read_data(node, address, payload, fields)
            if has_gap or _lacks_a_birth(node, address, fields):
                return self._document(node, address, fields, self._ask(node, address, message))
        return self._document(node, address, fields, ())

    def _document(
        self, node: Node, address: Address, fields: Fields, requests: tuple[Request, ...]
    ) -> Document:
        birth = node.births.get(address.device, EMPTY_BIRTH)
        is_bare = address.kind in (Kind.NBIRTH, Kind.DBIRTH) and fields.is_empty
        about = "a birth that names no measurements" if is_bare else ""
        return fields.document(address, birth.labels, requests, about)

    def _is_born(self, node: Node, address: Address, payload: WireMessage, fields: Fields) -> None:
        birth = Birth()
        if address.kind is Kind.NBIRTH:
            node.follows(payload.seq)
            node.bd_seq = _bd_seq(payload)
        for metric in payload.metrics:
            try:
                definition = birth.define(metric)
                _add(fields, definition, metric, payload.timestamp)
            except RefusedError as refusal:
                fields.refusals.append(refusal)
        try:
            self._nodes.bear(node, address.device, birth)
        except RefusedError as refusal:
            fields.refusals.append(refusal)

    def _node_dies(
        self, node: Node, address: Address, payload: WireMessage, fields: Fields
    ) -> None:
        bd_seq = _bd_seq(payload)
        if None not in (bd_seq, node.bd_seq) and bd_seq != node.bd_seq:
            said = f"the death of an earlier session (bdSeq {bd_seq}, now {node.bd_seq}): ignored"
        else:
            self._nodes.bury(node, "")
            node.next_seq = node.bd_seq = None
            said = f"the node {quote(address.node)} has gone, with its devices"
        fields.refusals.append(RefusedError(Reason.DEATH, said))

    def _device_dies(self, node: Node, address: Address, fields: Fields) -> None:
        self._nodes.bury(node, address.device)
        said = f"the device {quote(address.device)} of the node {quote(address.node)} has gone"
        fields.refusals.append(RefusedError(Reason.DEATH, said))

    def _ask(self, node: Node, address: Address, message: Message) -> tuple[Request, ...]:
        at = message.received_at
        if not message.retain and node.may_be_asked(at) and self._budget.take(at):
            node.asked_at = at
            return (rebirth_request(address, at),)
        return ()


def _has_gap(node: Node, payload: WireMessage, fields: Fields) -> bool:
    """Whether messages of a node that is known were lost before this one."""
    if not node.is_born or not payload.HasField("seq"):
        return False
    expected = node.next_seq
    if node.follows(payload.seq):
        return False
    said = f"sequence number {payload.seq} where {expected} was due: messages were lost"
    fields.refusals.append(RefusedError(Reason.MISSED, said))
    return True


def _lacks_a_birth(node: Node, address: Address, fields: Fields) -> bool:
    if not node.is_born:
        return True
    if address.kind is Kind.DDATA and address.device not in node.births:
        return True
    return any(refusal.reason is Reason.UNKNOWN_METRIC for refusal in fields.refusals)


def _read_data(node: Node, address: Address, payload: WireMessage, fields: Fields) -> None:
    birth = node.births.get(address.device, EMPTY_BIRTH)
    for metric in payload.metrics:
        try:
            _add(fields, _definition(birth, metric), metric, payload.timestamp)
        except RefusedError as refusal:
            fields.refusals.append(refusal)


def _definition(birth: Birth, metric: WireMessage) -> Definition:
    """What was said of a metric at birth, or as much as it says itself. Raises RefusedError."""
    if metric.name:
        name = read_text(metric.name, "the name")
        return birth.by_name.get(name) or define(name, 0)
    if not metric.HasField("alias"):
        raise RefusedError(Reason.NOT_DECODABLE, "a metric with neither name nor alias")
    definition = birth.by_alias.get(metric.alias)
    if definition is None:
        raise RefusedError(
            Reason.UNKNOWN_METRIC,
            f"the name behind the alias {metric.alias} stands in a birth that was not heard",
        )
    return definition


def _add(fields: Fields, definition: Definition, metric: WireMessage, sent_at: int) -> None:
    """sent_at: of the message, for metrics without a time of their own. Raises RefusedError."""
    if definition.is_lever:
        return
    try:
        value = read_value(metric, metric.datatype or definition.datatype)
    except RefusedError as refusal:
        detail = f"{quote(definition.name)}: {refusal.detail}"
        raise RefusedError(refusal.reason, detail) from None
    fields.add(definition.name, value, metric.timestamp or sent_at)


def _bd_seq(payload: WireMessage) -> int | None:
    for metric in payload.metrics:
        if metric.name == BD_SEQ.encode():
            field = metric.WhichOneof("value")
            return getattr(metric, field) if field in ("int_value", "long_value") else None
    return None
