"""The shape of an action's arguments: what its ``args_schema`` says together with the values that it carries.

Rows of a list share one shape, and its order of keys: so a row that moves up keeps the names of its fields.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from reviewqueue.web.render import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# A string longer than this, or with a line break, gets room to write.
_ONE_LINE: Final = 70
# Deeper or larger than this, nobody finds their way in a form: then it is edited as JSON.
_DEEPEST: Final = 4
_MOST_LEAVES: Final = 200
MOST_ROWS: Final = 100
_TYPES: Final = {"string": "text", "number": "number", "integer": "number", "boolean": "choice"}
_FORMATS: Final = {"date": "date", "multiline": "long"}


@dataclass(frozen=True, slots=True)
class Shape:
    """``kind``: ``text``, ``long``, ``date``, ``number``, ``choice``, ``json``, ``group`` of keys or ``rows``."""

    kind: str
    keys: Mapping[str, Shape] = field(default_factory=dict)
    item: Shape | None = None
    options: tuple[Any, ...] = ()
    help: str = ""
    required: frozenset[str] = frozenset()


def of(schema: Any, values: Sequence[Any]) -> Shape:
    """The shape of arguments that have these values; a schema that cannot be used is no hindrance."""
    root = schema if isinstance(schema, dict) else {}
    shape = _shape(root, root, values, -1, "")
    return shape if shape.kind == "group" else Shape("group")


def json_text(value: Any) -> str:
    """A value in one line."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _shape(root: Mapping[str, Any], schema: Any, values: Sequence[Any], depth: int, key: str) -> Shape:
    schema = _resolved(root, schema)
    kind = _kind(schema, values, depth)
    told = _help(schema, key)
    if kind == "choice":
        return Shape(kind, options=tuple(_options(schema, values)), help=told)
    if kind == "group":
        return replace(_group(root, schema, values, depth), help=told)
    if kind == "rows":
        below = [item for value in values for item in value]
        return Shape(kind, item=_shape(root, schema.get("items"), below, depth + 1, ""), help=told)
    return Shape(kind, help=told)


def _group(root: Mapping[str, Any], schema: Mapping[str, Any], values: Sequence[Any], depth: int) -> Shape:
    properties = _properties(schema)
    names = dict.fromkeys([*(key for value in values for key in value), *properties])
    keys = {
        key: _shape(root, properties.get(key), [value[key] for value in values if key in value], depth + 1, key)
        for key in names
    }
    listed = schema.get("required")
    required = frozenset(key for key in listed if isinstance(key, str)) if isinstance(listed, list) else frozenset()
    return Shape("group", keys=keys, required=required)


def _kind(schema: Mapping[str, Any], values: Sequence[Any], depth: int) -> str:
    if isinstance(schema.get("enum"), list):
        return "choice"
    kinds = {_by_value(value) for value in values} or {_by_schema(schema)}
    kind = kinds.pop() if len(kinds) == 1 else "json"
    if kind in {"group", "rows"}:
        return kind if _fits(kind, schema, values, depth) else "json"
    return _text_kind(schema, values) if kind == "text" else kind


def _fits(kind: str, schema: Mapping[str, Any], values: Sequence[Any], depth: int) -> bool:
    """Can a form show it? An empty list without a word about its items says nothing to make a row of."""
    if depth < 0:
        return True  # the arguments as a whole
    small = depth < _DEEPEST and sum(map(_leaves, values)) <= _MOST_LEAVES
    if kind == "group":
        return small and (bool(_properties(schema)) or any(values))
    known = isinstance(schema.get("items"), dict) or any(values)
    return small and known and all(len(value) <= MOST_ROWS for value in values)


def _leaves(value: Any) -> int:
    if isinstance(value, dict | list):
        return 1 + sum(map(_leaves, value.values() if isinstance(value, dict) else value))
    return 1


def _by_value(value: Any) -> str:
    match value:
        case bool():
            return "choice"
        case int() | float():
            return "number"
        case str():
            return "text"
        case dict():
            return "group"
        case list():
            return "rows"
    return "json"


def _by_schema(schema: Mapping[str, Any]) -> str:
    named = schema.get("type")
    if named == "object" or (named is None and _properties(schema)):
        return "group"
    if named == "array":
        return "rows"
    return _TYPES.get(named, "json") if isinstance(named, str) else "json"


def _text_kind(schema: Mapping[str, Any], values: Iterable[str]) -> str:
    if any(len(text) > _ONE_LINE or "\n" in text or "\r" in text for text in values):
        return "long"
    named = schema.get("format")
    return _FORMATS.get(named, "text") if isinstance(named, str) else "text"


def _options(schema: Mapping[str, Any], values: Iterable[Any]) -> list[Any]:
    """What may be chosen: what the schema lists, and before it whatever stands there already."""
    listed = schema.get("enum")
    options = list(listed) if isinstance(listed, list) else [True, False]
    known = {json_text(option) for option in options}
    others = {json_text(value): value for value in values if json_text(value) not in known}
    return [*others.values(), *options]


def _resolved(root: Mapping[str, Any], schema: Any) -> Mapping[str, Any]:
    """The schema behind references inside the document; one that leads nowhere says nothing."""
    for _step in range(_DEEPEST):
        if not isinstance(schema, dict):
            return {}
        target = schema.get("$ref")
        if not isinstance(target, str):
            return schema
        schema = _at(root, target)
    return {}


def _at(root: Any, reference: str) -> Any:
    for step in reference.removeprefix("#").split("/")[1:]:
        root = root.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(root, dict) else None
    return root


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _help(schema: Mapping[str, Any], key: str) -> str:
    """What the agent says about an argument, unless that is only its name again."""
    told = schema.get("description") or schema.get("title")
    if not isinstance(told, str) or set(words(told).split()) <= set(words(key).split()):
        return ""
    return told
