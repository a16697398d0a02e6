from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.ingest.branches import MAX_DEPTH
from streamrnn.ingest.format import Scalar
from streamrnn.ingest.formats.plain_json import read_json
from streamrnn.ingest.number import as_number
from streamrnn.ingest.refusal import RefusedError
from streamrnn.records import Reason

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
branches = st.lists(documents, max_size=4) | st.dictionaries(st.text(), documents, max_size=4)


def refusal_of(payload: bytes) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        read_json(payload)
    return caught.value


def naive_leaves(node: Any, path: tuple[str, ...] = ()) -> list[tuple[str, Scalar]]:
    if isinstance(node, dict):
        items = list(node.items())
    elif isinstance(node, list):
        items = [(str(index), inner) for index, inner in enumerate(node)]
    else:
        return [(".".join(path), node)]
    return [leaf for key, inner in items for leaf in naive_leaves(inner, (*path, key))]


@given(branches)
def test_every_scalar_is_found_under_its_path(document: Any) -> None:
    expected = naive_leaves(document)
    for ascii_only in (True, False):
        payload = json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "replace")
        if len({path for path, _ in expected}) < len(expected):
            assert refusal_of(payload).reason is Reason.DUPLICATE_KEY
        else:
            assert list(read_json(payload).items()) == expected


@given(st.dictionaries(st.text(max_size=3), documents, min_size=1, max_size=4), st.data())
def test_a_repeated_key_is_always_found(document: dict[str, Any], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(document)))
    value = data.draw(documents)
    ascii_only = data.draw(st.booleans())
    first = f"{json.dumps(key, ensure_ascii=ascii_only)} : {json.dumps(value)}"
    rest = json.dumps(document, ensure_ascii=ascii_only)[1:]
    wrapped = data.draw(st.sampled_from(["%s", "[%s]", '{"x": %s}']))
    payload = wrapped.replace("%s", f"{{{first}, {rest}")
    assert refusal_of(payload.encode()).reason is Reason.DUPLICATE_KEY


def test_an_escaped_colon_does_not_hide_a_repeated_key() -> None:
    refusal = refusal_of(rb'{"a":1,"a":2,"b":"\u003a"}')
    assert refusal.reason is Reason.DUPLICATE_KEY
    assert "'a'" in refusal.detail


def test_colons_in_keys_and_texts_are_no_repeated_keys() -> None:
    leaves = read_json(b'{"temperature:0":{"id":0,"tC":21.5},"mac":"a4:cf:12"}')
    assert leaves == {"temperature:0.id": 0, "temperature:0.tC": 21.5, "mac": "a4:cf:12"}


def test_a_number_that_json_does_not_know_spoils_only_itself() -> None:
    leaves = read_json(b'{"a":NaN,"b":-Infinity,"c":1e999,"d":5}')
    assert leaves["d"] == 5
    assert not any(math.isfinite(float(str(leaves[path]))) for path in "abc")


def test_an_integer_beyond_every_float_is_infinite() -> None:
    leaves = read_json(b'{"a":1%s,"b":-1%s}' % (b"0" * 400, b"0" * 400))
    assert as_number(leaves["a"]) == math.inf
    assert as_number(leaves["b"]) == -math.inf


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.NOT_DECODABLE),
        (b"5", Reason.NOT_DECODABLE),
        (b"\xff\xfe", Reason.NOT_UTF8),
        (b'{"a":"\xff"}', Reason.NOT_UTF8),
        (b'{"\xed\xa0\x80":1}', Reason.NOT_UTF8),
        (b'{"a":NaN,"b":"\xff"}', Reason.NOT_UTF8),
        (b'{"a":', Reason.NOT_DECODABLE),
        (b"{'a':1}", Reason.NOT_DECODABLE),
        (b'{"a":1,}', Reason.NOT_DECODABLE),
        (b'{"a":12,5}', Reason.NOT_DECODABLE),
        (b'{"a":1}{"a":2}', Reason.NOT_DECODABLE),
        (b'"open', Reason.NOT_DECODABLE),
        (b"[" * 60_000, Reason.TOO_DEEP),
        (b"[" * 60_000 + b"]" * 60_000, Reason.TOO_DEEP),
        (b'{"a":' * 20_000 + b"NaN" + b"}" * 20_000, Reason.TOO_DEEP),
        (b'{"a.b":1,"a":{"b":2}}', Reason.DUPLICATE_KEY),
    ],
)
def test_an_unusable_payload_is_refused_with_its_reason(payload: bytes, reason: Reason) -> None:
    refusal = refusal_of(payload)
    assert refusal.reason is reason
    assert refusal.detail.isprintable()
    assert len(refusal.detail) < 200


def test_nesting_ends_at_the_documented_depth() -> None:
    deepest = b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH
    assert len(read_json(deepest)) == 1
    assert refusal_of(b"[" + deepest + b"]").reason is Reason.TOO_DEEP


@given(st.binary() | st.text(alphabet='{}[]",:0123456789.eE+-truefalsnN \\u').map(str.encode))
def test_nothing_but_a_refusal_is_ever_raised(payload: bytes) -> None:
    with contextlib.suppress(RefusedError):
        read_json(payload)
