"""Arguments against the JSON Schema that an agent sends with its action.

The schema is the agent's text and may be hostile: nothing is fetched for it, references stay inside it, patterns run on
re2, and the work that it can cause is bounded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from jsonschema import Draft7Validator, Draft201909Validator, Draft202012Validator, validators
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from reviewqueue.engine import canonical, patterns

_NEWEST: Final = "https://json-schema.org/draft/2020-12/schema"
DIALECTS: Final[dict[str, Any]] = {
    _NEWEST: Draft202012Validator,
    "https://json-schema.org/draft/2019-09/schema": Draft201909Validator,
    "http://json-schema.org/draft-07/schema": Draft7Validator,
}
# A schema may point at itself; it must not keep the desk busy with that.
MOST_REFERENCES: Final = 2000
MOST_FAULTS: Final = 20
_LONGEST_FAULT: Final = 300
_REFERENCES: Final = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
_NOTHING_FETCHED: Final[Registry[Any]] = Registry()
_UNCHECKABLE: Final = (RecursionError, OverflowError, ValueError, TypeError, Unresolvable)


class _TooMuchWorkError(ValueError):
    """The schema follows its own references without end."""


def unfit(schema: Mapping[str, Any]) -> str | None:
    """The sentence that says why this is no usable ``args_schema``, or ``None`` when it is one."""
    return _unfit(json.dumps(schema, sort_keys=True))


def faults(schema: Mapping[str, Any], arguments: Any) -> Iterator[dict[str, str]]:
    """What is wrong with arguments: ``{"pointer", "detail"}`` with pointers below the arguments; at most 20."""
    if sentence := unfit(schema):
        yield {"pointer": "", "detail": f"The agent's args_schema cannot be used: {sentence}"}
        return
    try:
        found = sorted(_bounded(schema).iter_errors(arguments), key=_place)
    except _UNCHECKABLE as error:
        yield {"pointer": "", "detail": f"The agent's args_schema cannot be applied: {error}"[:_LONGEST_FAULT]}
        return
    for fault in found[:MOST_FAULTS]:
        yield {"pointer": _place(fault), "detail": fault.message[:_LONGEST_FAULT]}


@lru_cache(maxsize=1024)
def _unfit(text: str) -> str | None:
    """Agents send the same few schemas again and again, and checking one takes longer than storing its proposal."""
    schema = json.loads(text)
    if (dialect := _dialect(schema)) is None:
        return f"$schema must be one of: {', '.join(DIALECTS)}"
    try:
        dialect.check_schema(schema)
    except SchemaError as error:
        where = canonical.pointer_to(error.absolute_path)
        return f"{where + ': ' if where else ''}{error.message}"[:_LONGEST_FAULT]
    except _UNCHECKABLE as error:
        return f"it cannot be checked: {error}"[:_LONGEST_FAULT]
    return next(_hazards(schema), None)


def _dialect(schema: Mapping[str, Any]) -> Any:
    named = schema.get("$schema", _NEWEST)
    return DIALECTS.get(named.rstrip("#")) if isinstance(named, str) else None


def _hazards(schema: Any) -> Iterator[str]:
    """Whatever would leave the schema or could hang a pattern; ``properties`` may well be called ``$ref``."""
    for node in _subschemas(schema):
        for name in _REFERENCES & node.keys():
            target = node[name]
            if not isinstance(target, str) or not target.startswith("#"):
                yield f"{name} must stay inside the schema and start with #"
        if isinstance(node.get("$id"), str):
            yield "$id is not supported; references start with #"
        found = [node["pattern"]] if isinstance(node.get("pattern"), str) else []
        yield from filter(None, map(_pattern_hazard, [*found, *_keys(node.get("patternProperties"))]))


def _subschemas(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in the schema that is read as a schema; example data (``const``, ``enum``, ``default``) is not."""
    if isinstance(schema, Mapping):
        yield schema
        for name, value in schema.items():
            if name in {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}:
                for below in value.values() if isinstance(value, Mapping) else ():
                    yield from _subschemas(below)
            elif name not in {"const", "enum", "default", "examples", "required", "dependentRequired"}:
                yield from _subschemas(value)
    elif isinstance(schema, list):
        for below in schema:
            yield from _subschemas(below)


def _keys(value: Any) -> list[str]:
    return list(value) if isinstance(value, Mapping) else []


def _pattern_hazard(pattern: str) -> str | None:
    try:
        patterns.compiled(pattern)
    except patterns.PatternError as error:
        return f"the pattern {pattern[:60]!r} {error}"
    return None


def _bounded(schema: Mapping[str, Any]) -> Any:
    followed = 0

    def reference(validator: Any, target: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
        nonlocal followed
        followed += 1
        if followed > MOST_REFERENCES:
            message = "it refers to itself without end"
            raise _TooMuchWorkError(message)
        yield from validator._validate_reference(ref=target, instance=instance)  # noqa: SLF001 - what the original does

    keywords = {"pattern": _pattern, "patternProperties": _by_pattern} | dict.fromkeys(_REFERENCES, reference)
    extend: Any = validators.extend  # ships without types
    return extend(_dialect(schema), keywords)(schema, registry=_NOTHING_FETCHED)


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not patterns.compiled(pattern).search(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _by_pattern(validator: Any, schemas: Mapping[str, Any], instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, Mapping):
        return
    for pattern, below in schemas.items():
        for key, value in instance.items():
            if patterns.compiled(pattern).search(key):
                yield from validator.descend(value, below, path=key, schema_path=pattern)


def _place(fault: ValidationError) -> str:
    """What is missing is missed where it should stand."""
    path = [*fault.absolute_path]
    if fault.validator == "required" and isinstance(fault.validator_value, list):
        path += [name for name in fault.validator_value if fault.message.startswith(f"{name!r} ")][:1]
    return canonical.pointer_to(path)
