"""An action's arguments as form fields, and back again without losing a bit."""

from dataclasses import replace
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
        "day": {"type": "string", "format": "date"},
        "address": {"$ref": "#/$defs/address"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["sku"],
                "properties": {"sku": {"type": "string"}, "count": {"type": "integer"}, "gift": {"type": "boolean"}},
            },
        },
    },
    "$defs": {"address": {"type": "object", "properties": {"city": {"type": "string"}, "zip": {"type": "string"}}}},
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
        "day": "date",
        "address": "group",
        "items": "rows",
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
        ([{"a": 1}, 2], "rows", ""),
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
        ("lines", None, '[1, {"a": null}]', [1, {"a": None}]),
        ("day", "2026-11-20", "2026-11-21", "2026-11-21"),
        ("day", "2026-11-20", "", arguments.ABSENT),
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
    field = replace(form({"count": 1}, SCHEMA)["count"], shown=typed)
    assert arguments.faults(field) == ("Write a number such as 12 or 12.50.",)


def test_what_is_no_json_is_refused_in_a_sentence() -> None:
    (fault,) = arguments.faults(replace(form({"lines": None}, SCHEMA)["lines"], shown="[1,"))
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
    action = factories.action(args={"value": value}, args_schema=None)
    sent = arguments.texts(arguments.fields(action, action["args"], "a0"))
    as_browsers_send_it = {name: text.replace("\n", "\r\n") for name, text in sent.items()}
    (field,) = arguments.fields(action, action["args"], "a0", typed=as_browsers_send_it)
    kept = arguments.value(field, strict=True)
    assert canonical.canonical([kept]) == canonical.canonical([value])


ORDER = {
    "address": {"city": "Kiel", "zip": "24103"},
    "items": [{"sku": "A", "count": 1}, {"count": 2, "sku": "B", "gift": True}],
}


def typed(sent: dict[str, str], args: dict[str, Any] = ORDER) -> list[arguments.Field]:
    """The fields after a form was sent."""
    return arguments.fields(factories.action(args=args, args_schema=SCHEMA), args, "a0", typed=sent)


def sent(args: dict[str, Any] = ORDER) -> dict[str, str]:
    """What a browser sends when nobody has typed."""
    return arguments.texts(typed({}, args))


def made(fields: list[arguments.Field]) -> dict[str, Any]:
    """The arguments that the fields stand for."""
    return {field.key: held for field in fields if (held := arguments.value(field)) is not arguments.ABSENT}


def test_objects_and_lists_are_groups_and_rows_of_fields() -> None:
    fields = {field.key: field for field in typed({})}
    assert [(child.key, child.kind, child.shown) for child in fields["address"].children] == [
        ("city", "text", "Kiel"),
        ("zip", "text", "24103"),
    ]
    first, second = fields["items"].children
    assert [(child.label, child.shown, child.required) for child in second.children] == [
        ("Sku", "B", True),
        ("Count", "2", False),
        ("Gift", "true", False),
    ]
    assert (first.label, first.children[0].name, first.children[0].pointer) == ("1", "a0-1-0-0", "/items/0/sku")


def test_a_group_that_was_not_there_stays_away_until_something_is_typed() -> None:
    fields = typed(sent({}), {})
    assert made(fields) == {}
    name = next(leaf.name for leaf in arguments.leaves(fields) if leaf.key == "city")
    assert made(typed(sent({}) | {name: "Bonn"}, {})) == {"address": {"city": "Bonn"}}


def test_a_row_is_added_empty_and_counts_once_something_stands_in_it() -> None:
    more = arguments.rearranged(sent() | {"add": "a0-1"})
    assert (more["a0-1-n"], made(typed(more))) == ("3", ORDER)
    filled = made(typed(more | {"a0-1-2-0": "C", "a0-1-2-1": "3"}))
    assert filled["items"] == [*ORDER["items"], {"sku": "C", "count": 3}]


def test_a_row_is_removed_and_those_behind_it_move_up() -> None:
    fewer = arguments.rearranged(sent() | {"drop": "a0-1-0"})
    assert made(typed(fewer))["items"] == [{"count": 2, "sku": "B", "gift": True}]
    none = arguments.rearranged(fewer | {"drop": "a0-1-0"})
    assert made(typed(none))["items"] == []


def test_a_row_that_follows_a_removed_one_begins_empty() -> None:
    fewer = arguments.rearranged(sent() | {"drop": "a0-1-0"})
    more = arguments.rearranged(fewer | {"add": "a0-1"})
    assert made(typed(more))["items"] == [{"count": 2, "sku": "B", "gift": True}]
    assert made(typed(more | {"a0-1-1-0": "C"}))["items"][1] == {"sku": "C"}


@pytest.mark.parametrize(
    "button", [{"drop": "a0-1-7"}, {"drop": "a0"}, {"drop": "-"}, {"add": "a0-9"}, {"add": "x" * 99}]
)
def test_a_button_for_a_row_that_is_not_there_changes_nothing(button: dict[str, str]) -> None:
    assert arguments.rearranged(sent() | button) == sent()


def test_a_fault_is_said_at_the_field_that_it_is_about() -> None:
    fields = typed({})
    found = [arguments.deepest(fields, at) for at in ("/items/1/sku", "/items/1/new", "/items", "/nowhere")]
    assert [field.name if field else "" for field in found] == ["a0-1-1-0", "a0-1-1", "a0-1", ""]


def test_values_that_do_not_agree_are_edited_as_they_are() -> None:
    (field,) = typed({}, {"mixed": [{"a": 1}, {"a": "one"}]})[:1]
    assert [leaf.kind for leaf in arguments.leaves([field])] == ["json", "json"]


@pytest.mark.parametrize(
    "huge", [[[[[[[1]]]]]], list(range(101)), {str(n): n for n in range(300)}, [{"a": [{"b": [{"c": [1]}]}]}]]
)
def test_what_is_too_large_for_a_form_is_edited_as_json(huge: Any) -> None:
    fields = arguments.fields(factories.action(args={"huge": huge}), {"huge": huge}, "a0")
    assert "json" in {leaf.kind for leaf in arguments.leaves(fields)}
    assert made(fields) == {"huge": huge}


def test_references_that_lead_nowhere_or_in_circles_are_no_hindrance() -> None:
    schema = {
        "properties": {"a": {"$ref": "#/$defs/a"}, "b": {"$ref": "#/none"}},
        "$defs": {"a": {"$ref": "#/$defs/a"}},
    }
    fields = arguments.fields(factories.action(args={}, args_schema=schema), {}, "a0")
    assert [field.kind for field in fields] == ["json", "json"]
