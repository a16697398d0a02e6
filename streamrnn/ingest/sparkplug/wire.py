"""Sparkplug B payloads as protocol buffers: the part of the message types that is read here.

The runtime's own parser takes the bytes apart: in C, checked against hostile input for years, and
about ten times as fast as Python. The types are described here rather than by generated code, so
any version of the runtime will do, in a pool of their own, so another library's do not clash.

Texts are declared as bytes: one that is not UTF-8 then costs one metric, not the message. What is
not read is declared as bytes or left out, so nothing nests and nothing of it is built in memory.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from streamrnn.ingest.refusal import RefusedError
from streamrnn.records import Reason

WireMessage: TypeAlias = Any  # built at run time; its fields are those of the tables below

_Field: Final = descriptor_pb2.FieldDescriptorProto
_UINT32, _UINT64 = _Field.TYPE_UINT32, _Field.TYPE_UINT64
_FLOAT, _DOUBLE = _Field.TYPE_FLOAT, _Field.TYPE_DOUBLE
_BOOL, _BYTES = _Field.TYPE_BOOL, _Field.TYPE_BYTES

# Sparkplug 3.0, section 6.4: name -> (field number, type).
_PAYLOAD: Final = {"timestamp": (1, _UINT64), "seq": (3, _UINT64), "body": (5, _BYTES)}
_METRIC: Final = {
    "name": (1, _BYTES),
    "alias": (2, _UINT64),
    "timestamp": (3, _UINT64),
    "datatype": (4, _UINT32),
    "is_null": (7, _BOOL),
    "properties": (9, _BYTES),  # a PropertySet; read at birth only
}
_METRIC_VALUE: Final = {
    "int_value": (10, _UINT32),
    "long_value": (11, _UINT64),
    "float_value": (12, _FLOAT),
    "double_value": (13, _DOUBLE),
    "boolean_value": (14, _BOOL),
    "string_value": (15, _BYTES),
    "bytes_value": (16, _BYTES),
    "dataset_value": (17, _BYTES),
    "template_value": (18, _BYTES),
    "extension_value": (19, _BYTES),
}
_PROPERTY: Final = {"string_value": (8, _BYTES)}


def _make_types() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="sparkplug_b.proto", syntax="proto2")

    def add(name: str, fields: dict[str, tuple[int, Any]]) -> descriptor_pb2.DescriptorProto:
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            message.field.add(name=field, number=number, type=kind, label=_Field.LABEL_OPTIONAL)
        return message

    metric = add("Metric", _METRIC)
    metric.oneof_decl.add(name="value")
    for field, (number, kind) in _METRIC_VALUE.items():
        metric.field.add(
            name=field, number=number, type=kind, label=_Field.LABEL_OPTIONAL, oneof_index=0
        )
    add("PropertyValue", _PROPERTY)
    repeated = _Field.LABEL_REPEATED
    properties = add("PropertySet", {})
    properties.field.add(name="keys", number=1, type=_BYTES, label=repeated)
    properties.field.add(
        name="values",
        number=2,
        type=_Field.TYPE_MESSAGE,
        type_name="PropertyValue",
        label=repeated,
    )
    payload = add("Payload", _PAYLOAD)
    payload.field.add(
        name="metrics", number=2, type=_Field.TYPE_MESSAGE, type_name="Metric", label=repeated
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        message.name: message_factory.GetMessageClass(pool.FindMessageTypeByName(message.name))
        for message in file.message_type
    }


_TYPES: Final = _make_types()
_new_payload: Final = _TYPES["Payload"]
_parse_payload: Final = _new_payload.FromString
_parse_properties: Final = _TYPES["PropertySet"].FromString


def parse_payload(payload: bytes) -> WireMessage:
    """Take a payload apart. Raises RefusedError."""
    try:
        return _parse_payload(payload)
    except DecodeError:
        raise RefusedError(
            Reason.NOT_DECODABLE, "the payload is no protocol buffer of Sparkplug B"
        ) from None


def parse_properties(properties: bytes) -> dict[bytes, bytes]:
    """The texts in the properties of a metric; none where they cannot be read."""
    try:
        found = _parse_properties(properties)
    except DecodeError:
        return {}
    values = [value.string_value for value in found.values]
    return dict(zip(found.keys, values, strict=False))


def boolean_command(name: str, timestamp: int) -> bytes:
    """The payload of a command that sets a metric to true. timestamp: unix milliseconds."""
    payload = _new_payload(timestamp=timestamp)
    payload.metrics.add(name=name.encode(), timestamp=timestamp, datatype=11, boolean_value=True)
    return bytes(payload.SerializeToString())
