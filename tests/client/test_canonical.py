"""The canonical form that digests are taken over."""

import json
import struct

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from hitl_client import NotCanonicalError, canonical, digest

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False) | TEXT
VALUES = st.recursive(
    LEAVES.filter(lambda leaf: not isinstance(leaf, float) or abs(leaf) != float("inf")),
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


@given(VALUES)
def test_every_json_value_reads_as_a_second_implementation_writes_it(value):
    assert canonical(value) == rfc8785.dumps(value)


@given(VALUES)
def test_the_canonical_form_is_a_fixed_point_of_reading_and_writing(value):
    assert canonical(json.loads(canonical(value), parse_int=float)) == canonical(value)


@pytest.mark.parametrize(
    ("bits", "written"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("41b3de4355555555", "333333333.3333333"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
    ],
)
def test_numbers_are_written_as_ecmascript_writes_them(bits, written):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(number) == written.encode()


def test_keys_stand_in_the_order_of_their_utf16_units():
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert [*json.loads(canonical(value)).values()] == [2, 4, 6, 7, 1, 5, 3]


def test_the_digest_names_its_algorithm():
    assert digest({}) == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (float("nan"), "nan is not a JSON number"),
        (float("-inf"), "-inf is not a JSON number"),
        (2**53, "the integer 9007199254740992 is beyond 2^53 - 1; send it as text"),
        ({"a": ["\ud800"]}, "text holds an unpaired surrogate"),
        ({"\udfff": 1}, "text holds an unpaired surrogate"),
        ({1: 1}, "the key 1 is not text"),
        ({"a": b"bytes"}, "bytes is not a JSON value"),
    ],
)
def test_what_two_parsers_could_read_differently_is_refused(value, says):
    with pytest.raises(NotCanonicalError) as refused:
        canonical(value)
    assert str(refused.value) == says


def test_a_bottomless_value_is_refused():
    bottomless: list[object] = []
    bottomless.append(bottomless)
    with pytest.raises(NotCanonicalError, match="nested too deeply"):
        canonical(bottomless)
