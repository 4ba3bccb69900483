"""Strict reading and canonical writing of JSON."""

import hashlib
import json
import struct
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from reviewqueue.engine.canonical import (
    MalformedJSON,
    UnfitNumber,
    UnfitText,
    UnreadableError,
    canonical,
    digest,
    loads,
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": [1, -2.5, "x", true, false, null]}', {"a": [1, -2.5, "x", True, False, None]}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        ('"Müller"'.encode(), "Müller"),
        (b"9007199254740991", 9007199254740991),
        (b"-9007199254740991", -9007199254740991),
        (b"1e21", 1e21),
        (b"1e-400", 0.0),
        (b'{"a": 1, "A": 2}', {"a": 1, "A": 2}),
    ],
)
def test_json_is_read_as_it_stands(raw: bytes, value: object) -> None:
    assert loads(raw) == value


def test_negative_zero_is_read_as_zero_so_that_no_two_readers_differ() -> None:
    assert struct.pack("d", loads(b"-0.0")) == struct.pack("d", 0.0)
    assert canonical(loads(b"[-0, -0.0, -0e5]")) == b"[0,0,0]"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b"[1, 2] 3",
        b"\xef\xbb\xbf{}",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\x00"',
        b'"a\nb"',
        b"01",
        b"+1",
        b".5",
        b"0x10",
        b"nan",
        "{}".encode("utf-16"),
        b'{"a": 1, "a": 1}',
        b'{"a": 1, "\\u0061": 2}',
        b'{"outer": {"a": 1, "b": 2, "a": 3}}',
        '{"é": 1, "e\u0301": 2}'.encode(),
        '{"ﬁ": 1, "fi": 2}'.encode(),
        nested(33),
        b'{"a":' * 33 + b"1" + b"}" * 33,
        nested(100_000),
        b'{"a":' * 100_000,
    ],
)
def test_what_is_not_plain_json_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedJSON):
        loads(raw)


def test_a_malformed_document_is_told_where_it_breaks() -> None:
    with pytest.raises(MalformedJSON) as refused:
        loads(b'{"a": 1,\n "b": }')
    assert refused.value.says == "Expecting value at line 2, column 7"


def test_a_duplicate_key_is_named() -> None:
    with pytest.raises(MalformedJSON) as refused:
        loads(b'{"amount": "1", "x": 0, "amount": "9"}')
    assert refused.value.says == "the key 'amount' stands twice in one object"


def test_32_levels_are_read() -> None:
    assert json.dumps(loads(nested(32))).encode() == nested(32)


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (b'"a\\u0000b"', ""),
        (b'{"args": {"note": "\\ud800"}}', "/args/note"),
        (b'["x", "\\udc00\\ud800"]', "/1"),
        (b'{"\\u0000": 1}', ""),
        (b'{"a/b": {"~": ["\\u0000"]}}', "/a~1b/~0/0"),
    ],
)
def test_text_that_cannot_be_stored_is_unfit_and_its_place_is_named(raw: bytes, pointer: str) -> None:
    with pytest.raises(UnfitText) as refused:
        loads(raw)
    assert refused.value.pointer == pointer


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (b"NaN", ""),
        (b"[Infinity]", "/0"),
        (b'{"a": -Infinity}', "/a"),
        (b'{"a": 1e400}', "/a"),
        (b'{"a": -1e400}', "/a"),
        (b'{"a": 9007199254740992}', "/a"),
        (b'{"a": 9007199254740993}', "/a"),
        (b"-9007199254740993", ""),
        (b"1" * 1_000_000, ""),
    ],
)
def test_a_number_that_cannot_be_held_exactly_is_unfit(raw: bytes, pointer: str) -> None:
    with pytest.raises(UnfitNumber) as refused:
        loads(raw)
    assert refused.value.pointer == pointer


def test_the_pointer_of_a_fault_can_always_be_sent_back() -> None:
    with pytest.raises(UnfitText) as refused:
        loads(b'{"a": {"\\udead": 1}}')
    assert refused.value.pointer.encode() == b"/a"


@given(st.binary(max_size=60) | st.text(alphabet='[]{}",:0123456789.eE+-\\u nulltrefasNI', max_size=60).map(str.encode))
def test_any_bytes_are_either_read_or_refused_by_name(raw: bytes) -> None:
    try:
        value = loads(raw)
    except UnreadableError as refusal:
        assert refusal.says  # noqa: PT017 - a refusal is one of the two good outcomes
    else:
        assert loads(canonical(value)) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, b"null"),
        ({"b": 1, "a": [True, False]}, b'{"a":[true,false],"b":1}'),
        ((1, 2), b"[1,2]"),
        (1.0, b"1"),
        (0.1, b"0.1"),
        (1e16, b"10000000000000000"),
        (1e21, b"1e+21"),
        (1e-5, b"0.00001"),
        (1e-7, b"1e-7"),
        (5e-324, b"5e-324"),
        (333333333.33333329, b"333333333.3333333"),
        ('\x0f\n"\\/é\x7f', b'"\\u000f\\n\\"\\\\/\xc3\xa9\x7f"'),
        ({"\u20ac": 1, "\r": 2, "1": 3, "\U0001f600": 4, "\ufb33": 5}, None),
    ],
)
def test_values_are_written_as_rfc_8785_says(value: Any, written: bytes | None) -> None:
    astral_before_private = '{"\\r":2,"1":3,"\u20ac":1,"\U0001f600":4,"\ufb33":5}'.encode()
    assert canonical(value) == (astral_before_private if written is None else written)


@given(json_values)
def test_the_quick_writer_agrees_with_the_reference(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_fraction_is_written_as_the_reference_does(value: float) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), [2**70], {"a": float("nan")}, float("inf"), {"a": [1.5, {"b": float("-inf")}]}]
)
def test_numbers_without_an_exact_form_are_refused(value: Any) -> None:
    with pytest.raises(UnfitNumber):
        canonical(value)


@pytest.mark.parametrize("value", ["\ud800", ["ok", "\udfff"], {"\ud800": 1}, {"a": {"\udc00x": 1e300}}])
def test_text_without_a_utf_8_form_is_refused(value: Any) -> None:
    with pytest.raises(UnfitText):
        canonical(value)


@pytest.mark.parametrize("value", [object(), {1: "a"}, {"a": {1, 2}}, b"bytes", [{"x": 1j}]])
def test_what_json_has_no_form_for_is_a_mistake_of_the_caller(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical(value)


def test_a_value_that_contains_itself_is_refused() -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(MalformedJSON):
        canonical(circle)


def test_the_digest_is_that_of_the_canonical_bytes() -> None:
    action = {"name": "refund_order", "args": {"order_id": "A-1", "amount": "350.00"}}
    written = b'{"args":{"amount":"350.00","order_id":"A-1"},"name":"refund_order"}'
    assert digest(action) == f"sha256:{hashlib.sha256(written).hexdigest()}"


@given(json_values)
def test_what_was_written_reads_back_with_the_same_digest(value: Any) -> None:
    try:
        again = loads(canonical(value))
    except UnreadableError:
        return  # generated text may hold NUL, and generated keys may look alike
    assert digest(again) == digest(value)
