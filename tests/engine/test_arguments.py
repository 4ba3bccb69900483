"""The agent's args_schema is the agent's text: it may be wrong, or made to harm."""

import time

import pytest

from reviewqueue.engine import arguments

REFUND = {
    "type": "object",
    "required": ["order_id", "amount"],
    "properties": {"order_id": {"type": "string"}, "amount": {"type": "string", "pattern": "^[0-9]+\\.[0-9]{2}$"}},
    "additionalProperties": False,
}
UNKNOWN_DIALECT = f"$schema must be one of: {', '.join(arguments.DIALECTS)}"


@pytest.mark.covers("R38")
def test_arguments_that_fit_have_no_fault():
    assert list(arguments.faults(REFUND, {"order_id": "A-1", "amount": "120.00"})) == []


@pytest.mark.covers("R38")
def test_each_fault_is_named_by_place():
    found = list(arguments.faults(REFUND, {"order_id": 7, "amount": "much"}))
    assert found == [
        {"pointer": "/amount", "detail": "'much' does not match '^[0-9]+\\\\.[0-9]{2}$'"},
        {"pointer": "/order_id", "detail": "7 is not of type 'string'"},
    ]


def test_a_pattern_can_also_name_properties():
    schema = {"patternProperties": {"^x_": {"type": "integer"}}}
    assert list(arguments.faults(schema, {"x_1": "no", "y": "yes"})) == [
        {"pointer": "/x_1", "detail": "'no' is not of type 'integer'"}
    ]


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ({"type": "objekt"}, "/type: 'objekt' is not valid under any of the given schemas"),
        ({"$ref": "http://169.254.169.254/meta"}, "$ref must stay inside the schema and start with #"),
        ({"allOf": [{"$dynamicRef": "other.json"}]}, "$dynamicRef must stay inside the schema and start with #"),
        ({"$id": "http://example.org/s", "$ref": "#/x"}, "$id is not supported; references start with #"),
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, UNKNOWN_DIALECT),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_with_the_reason(schema, sentence):
    assert arguments.unfit(schema) == sentence


def test_a_pattern_that_linear_time_cannot_do_is_refused():
    sentence = arguments.unfit({"properties": {"a": {"pattern": "(?=a)b"}}})
    assert sentence is not None
    assert sentence.startswith("the pattern '(?=a)b' ")


def test_older_dialects_are_read_as_what_they_say_they_are():
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": {"a": {"items": [{"type": "string"}]}},
    }
    assert list(arguments.faults(schema, {"a": [1]})) == [{"pointer": "/a/0", "detail": "1 is not of type 'string'"}]


def test_a_property_may_be_called_ref():
    assert arguments.unfit({"properties": {"$ref": {"type": "string"}}, "default": {"$ref": "http://x"}}) is None


def test_faults_of_an_unusable_schema_say_so():
    assert list(arguments.faults({"type": "objekt"}, {})) == [
        {
            "pointer": "",
            "detail": "The agent's args_schema cannot be used: "
            "/type: 'objekt' is not valid under any of the given schemas",
        }
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/nowhere"},
        {"$ref": "#/$defs/0", "$defs": {str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}] * 2} for n in range(40)}},
    ],
    ids=["endless", "nowhere", "doubling"],
)
def test_a_schema_made_to_keep_the_desk_busy_is_a_fault_within_a_second(schema):
    started = time.thread_time()
    (fault,) = arguments.faults(schema, {})
    assert fault["pointer"] == ""
    assert time.thread_time() - started < 1


def test_a_pattern_made_to_backtrack_takes_linear_time():
    started = time.thread_time()
    (fault,) = arguments.faults({"properties": {"a": {"pattern": "^(a+)+$"}}}, {"a": "a" * 100_000 + "!"})
    assert fault["pointer"] == "/a"
    assert time.thread_time() - started < 1


def test_at_most_twenty_faults_are_told():
    schema = {"additionalProperties": {"type": "integer"}}
    assert len(list(arguments.faults(schema, {str(n): "x" for n in range(100)}))) == arguments.MOST_FAULTS
