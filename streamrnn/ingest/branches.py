"""Nested objects and arrays -> leaves: every scalar by its dotted path.

{"t": 1, "p": {"x": [2, true]}}      {"t": 1, "p.x.0": 2, "p.x.1": True}
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from streamrnn.ingest.format import Leaves
from streamrnn.ingest.refusal import RefusedError, quote
from streamrnn.records import Reason

MAX_DEPTH: Final = 16
_BRANCHES: Final = frozenset((dict, list))


def leaves_of(document: dict[str, Any] | list[Any]) -> Leaves:
    """The leaves under an object or array. Raises RefusedError."""
    leaves: Leaves = {}
    collect(document, "", leaves)
    return leaves


def collect(node: Any, prefix: str, leaves: Leaves, levels_left: int = MAX_DEPTH) -> int:
    """Add the leaves under an object or array. Returns how many keys its objects have."""
    if levels_left == 0:
        raise too_deep()
    is_object = type(node) is dict
    keys = len(node) if is_object else 0
    items: Iterable[tuple[str, Any]]
    items = node.items() if is_object else zip(map(str, range(len(node))), node, strict=True)
    for key, value in items:
        path = f"{prefix}{key}"  # in CBOR and MessagePack a key may be an integer
        if type(value) in _BRANCHES:
            keys += collect(value, f"{path}.", leaves, levels_left - 1)
        elif path in leaves:
            detail = f"two values have the path {quote(path)}"
            raise RefusedError(Reason.DUPLICATE_KEY, detail)
        else:
            leaves[path] = value
    return keys


def too_deep() -> RefusedError:
    return RefusedError(Reason.TOO_DEEP, f"nested more than {MAX_DEPTH} levels deep")
