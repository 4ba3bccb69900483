"""An action's arguments as a form, made from its ``args_schema``, or from the values where it has none."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from reviewqueue.engine import canonical
from reviewqueue.web.render import opening, words

if TYPE_CHECKING:
    from collections.abc import Mapping

# A string longer than this, or with a line break, gets room to write.
_ONE_LINE: Final = 70
_ROWS: Final = (2, 14)
_TYPES: Final = {"string": "text", "number": "number", "integer": "number", "boolean": "choice"}


class _Absent:
    """The argument is not there, which is not the same as empty or null."""


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Field:
    """One argument: ``kind`` is ``text``, ``long``, ``number``, ``choice`` or ``json``; ``shown`` is what is typed."""

    name: str
    key: str
    kind: str
    value: Any
    shown: str
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    unit: str = ""
    faults: tuple[str, ...] = ()
    is_reply: bool = False

    @property
    def label(self) -> str:
        """The argument's name as people write it."""
        return _("Reply") if self.is_reply else opening(words(self.key)) or self.key

    @property
    def rows(self) -> int:
        """How tall its box should be."""
        lines = sum(1 + len(line) // 60 for line in self.shown.split("\n"))
        return min(max(lines + 1, _ROWS[0]), _ROWS[1])


def fields(action: Mapping[str, Any], args: Mapping[str, Any], prefix: str) -> list[Field]:
    """A field for every argument and every property that the schema knows, in the agent's order."""
    schema = action.get("args_schema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    properties = properties if isinstance(properties, dict) else {}
    keys = [*args, *(key for key in properties if key not in args)]
    made = [_field(f"{prefix}-{n}", key, properties.get(key), args.get(key, ABSENT)) for n, key in enumerate(keys)]
    return [_of_action(field, action) for field in made]


def typed(field: Field, text: str) -> Field:
    """The field with what a person typed in it."""
    return replace(field, shown=_lines(text))


def shown(field: Field, value: Any) -> str:
    """A value as this field would show it."""
    return _shown(field.kind, value)


def read(field: Field, text: str | None) -> Any:
    """The argument that a typed text stands for, ``ABSENT`` for none; an untouched one keeps its exact value.

    Raises ValueError with a sentence when the text does not fit the kind of field.
    """
    if text is None or _lines(text) == _shown(field.kind, field.value):
        return field.value
    if not text and (field.value is ABSENT or field.kind in {"number", "choice", "json"}):
        return ABSENT
    if field.kind in {"text", "long"}:
        return _lines(text)
    if field.kind == "number":
        return _number(text)
    return _json(text)


def faults(field: Field) -> tuple[str, ...]:
    """What keeps the typed text from being read, as sentences."""
    try:
        read(field, field.shown)
    except ValueError as error:
        return (str(error),)
    return ()


def _of_action(field: Field, action: Mapping[str, Any]) -> Field:
    """What the action tells about two arguments: the currency of an amount, and which text the customer reads."""
    if field.key == "amount":
        return replace(field, unit=(action.get("value") or {}).get("currency") or "")
    return replace(field, is_reply=field.key == "text" and action["kind"] == "reply")


def _field(name: str, key: str, schema: Any, value: Any) -> Field:
    schema = schema if isinstance(schema, dict) else {}
    kind = _kind(schema, value)
    told = schema.get("description") or schema.get("title")
    return Field(
        name=name,
        key=key,
        kind=kind,
        value=value,
        shown=_shown(kind, value),
        choices=tuple(_choices(schema, value)) if kind == "choice" else (),
        help=told if isinstance(told, str) and not _repeats(told, key) else "",
    )


def _repeats(told: str, key: str) -> bool:
    """Does a title only say the argument's name again?"""
    return set(words(told).split()) <= set(words(key).split())


def _kind(schema: Mapping[str, Any], value: Any) -> str:
    if isinstance(schema.get("enum"), list):
        return "choice"
    kind = _by_value(value) if value is not ABSENT else _by_schema(schema)
    return "long" if kind == "text" and _is_long(schema, value) else kind


def _by_schema(schema: Mapping[str, Any]) -> str:
    named = schema.get("type")
    return _TYPES.get(named, "json") if isinstance(named, str) else "json"


def _by_value(value: Any) -> str:
    match value:
        case bool():
            return "choice"
        case int() | float():
            return "number"
        case str():
            return "text"
    return "json"


def _is_long(schema: Mapping[str, Any], value: Any) -> bool:
    text = value if isinstance(value, str) else ""
    return len(text) > _ONE_LINE or "\n" in text or "\r" in text or schema.get("format") == "multiline"


def _choices(schema: Mapping[str, Any], value: Any) -> list[tuple[str, str]]:
    listed = schema.get("enum")
    options = list(listed) if isinstance(listed, list) else [True, False]
    if value is not ABSENT and not any(_json_text(option) == _json_text(value) for option in options):
        options.insert(0, value)
    named = [(_json_text(option), _named(option)) for option in options]
    return [("", "–"), *named] if value is ABSENT else named


def _named(option: Any) -> str:
    if isinstance(option, bool):
        return _("yes") if option else _("no")
    return option if isinstance(option, str) else _json_text(option)


def _shown(kind: str, value: Any) -> str:
    if value is ABSENT:
        return ""
    if isinstance(value, str) and kind in {"text", "long"}:
        return _lines(value)
    return json.dumps(value, ensure_ascii=False, indent=2) if kind == "json" else _json_text(value)


def _json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _lines(text: str) -> str:
    """Browsers send every line break as CR LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _number(text: str) -> int | float:
    try:
        number = canonical.loads(text.strip().encode())
    except ValueError:
        number = None
    if isinstance(number, int | float) and not isinstance(number, bool):
        return number
    raise ValueError(_("Write a number such as 12 or 12.50."))


def _json(text: str) -> Any:
    try:
        return canonical.loads(text.encode())
    except ValueError as error:
        raise ValueError(_("This is not JSON: %s") % error) from error
