"""An action's arguments as form fields, and back again without losing a bit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewqueue.engine import canonical
from reviewqueue.web import arguments
from tests import factories

SCHEMA = {
    "type": "object",
    "properties": {
        "amount": {"type": "string", "description": "In euros"},
        "count": {"type": "integer"},
        "method": {"enum": ["card", "credit"]},
        "notify": {"type": "boolean"},
        "comment": {"type": "string"},
        "lines": {"type": "array"},
    },
}


def form(args: dict[str, Any], schema: Any = None) -> dict[str, arguments.Field]:
    """The fields by the argument that they stand for."""
    action = factories.action(args=args, args_schema=schema)
    return {field.key: field for field in arguments.fields(action, args, "a0")}


def test_each_argument_and_each_property_of_the_schema_has_a_field() -> None:
    fields = form({"amount": "1.00", "extra": 7}, SCHEMA)
    assert {key: field.kind for key, field in fields.items()} == {
        "amount": "text",
        "extra": "number",
        "count": "number",
        "method": "choice",
        "notify": "choice",
        "comment": "text",
        "lines": "json",
    }


def test_a_field_says_what_the_agent_says_about_it_and_the_currency_of_an_amount() -> None:
    field = form({"amount": "1.00"}, SCHEMA)["amount"]
    assert (field.name, field.label, field.help, field.unit) == ("a0-0", "Amount", "In euros", "EUR")


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        ("A-1", "text", "A-1"),
        ("two\r\nlines", "long", "two\nlines"),
        ("x" * 71, "long", "x" * 71),
        (12.5, "number", "12.5"),
        (True, "choice", "true"),
        (None, "json", "null"),
        ({"a": ["ü"]}, "json", '{\n  "a": [\n    "ü"\n  ]\n}'),
    ],
)
def test_without_a_schema_the_value_decides_about_the_field(value: Any, kind: str, shown: str) -> None:
    field = form({"value": value})["value"]
    assert (field.kind, field.shown) == (kind, shown)


def test_a_choice_offers_what_the_schema_lists_and_the_present_value_too() -> None:
    field = form({"method": "cash"}, SCHEMA)["method"]
    assert field.choices == (('"cash"', "cash"), ('"card"', "card"), ('"credit"', "credit"))
    assert form({}, SCHEMA)["notify"].choices == (("", "–"), ("true", "yes"), ("false", "no"))


@pytest.mark.parametrize(
    ("key", "value", "typed", "expected"),
    [
        ("amount", "1.00", "2.00", "2.00"),
        ("amount", "1.00", "", ""),
        ("count", 1, " 2 ", 2),
        ("count", 1, "2.5", 2.5),
        ("count", 1, "", arguments.ABSENT),
        ("method", "card", '"credit"', "credit"),
        ("notify", True, "false", False),
        ("lines", [1], '[1, {"a": null}]', [1, {"a": None}]),
    ],
)
def test_what_is_typed_becomes_the_argument(key: str, value: Any, typed: str, expected: Any) -> None:
    read = arguments.read(form({key: value}, SCHEMA)[key], typed)
    assert (read, type(read)) == (expected, type(expected))


def test_an_absent_argument_stays_absent_until_something_is_typed() -> None:
    field = form({}, SCHEMA)["comment"]
    assert (arguments.read(field, ""), arguments.read(field, "hello")) == (arguments.ABSENT, "hello")


@pytest.mark.parametrize("typed", ["twelve", "true", "NaN", "1e999", "[]", '"1"'])
def test_what_is_no_number_is_refused_in_a_sentence(typed: str) -> None:
    field = arguments.typed(form({"count": 1}, SCHEMA)["count"], typed)
    assert arguments.faults(field) == ("Write a number such as 12 or 12.50.",)


def test_what_is_no_json_is_refused_in_a_sentence() -> None:
    (fault,) = arguments.faults(arguments.typed(form({"lines": [1]}, SCHEMA)["lines"], "[1,"))
    assert fault.startswith("This is not JSON: ")


@pytest.mark.parametrize("schema", [True, [], {"properties": []}, {"properties": {"a": True}}, {"type": ["object"]}])
def test_a_schema_without_usable_properties_is_no_hindrance(schema: Any) -> None:
    assert form({"a": "1"}, schema)["a"].kind == "text"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=6,
)


@given(JSON)
def test_a_field_that_nobody_touched_keeps_its_exact_value(value: Any) -> None:
    field = form({"value": value})["value"]
    as_browsers_send_it = field.shown.replace("\n", "\r\n")
    kept = arguments.read(field, as_browsers_send_it)
    assert canonical.canonical([kept]) == canonical.canonical([value])
