"""An action's arguments as a form of fields, groups and rows, and back again without losing a bit."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from reviewqueue.engine import canonical
from reviewqueue.web import shapes
from reviewqueue.web.render import opening, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from reviewqueue.web.shapes import Shape

_ROWS: Final = (2, 14)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER: Final = re.compile(r"[0-9]{1,3}")


class _Absent:
    """The argument is not there, which is not the same as empty or null."""


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Field:
    """One argument, or a group or rows of them; ``shown`` is what is typed, ``pointer`` where it stands."""

    name: str
    key: str
    kind: str
    value: Any
    shown: str = ""
    pointer: str = ""
    children: tuple[Field, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    unit: str = ""
    faults: tuple[str, ...] = ()
    is_reply: bool = False
    required: bool = False
    # Its number among rows, counted from 1; 0 for an argument with a name.
    row: int = 0
    # Somebody added it; nothing of what was proposed belongs to it.
    fresh: bool = False

    @property
    def label(self) -> str:
        """The argument's name as people write it."""
        if self.row:
            return str(self.row)
        return _("Reply") if self.is_reply else opening(words(self.key)) or self.key

    @property
    def rows(self) -> int:
        """How tall its box should be."""
        lines = sum(1 + len(line) // 60 for line in self.shown.split("\n"))
        return min(max(lines + 1, _ROWS[0]), _ROWS[1])

    @property
    def may_grow(self) -> bool:
        """Is there room for another row?"""
        return self.kind == "rows" and len(self.children) < shapes.MOST_ROWS

    @property
    def is_day(self) -> bool:
        """Does a browser's calendar understand what stands here?"""
        return self.kind == "date" and (not self.shown or bool(_DAY.fullmatch(self.shown)))


def fields(
    action: Mapping[str, Any],
    args: Mapping[str, Any],
    prefix: str,
    *,
    start: Mapping[str, Any] | None = None,
    typed: Mapping[str, str] | None = None,
) -> list[Field]:
    """A field for every argument and every property that the schema knows, in the agent's order.

    They begin with ``start`` (else ``args``, what the agent proposed) and hold what was ``typed`` since.
    """
    begin = args if start is None else start
    shape = shapes.of(action.get("args_schema"), [args, begin])
    whole = _Maker(typed or {}).group(prefix, "", shape, args, begin)
    return [_of_action(field, action) for field in whole]


def value(field: Field, *, strict: bool = False) -> Any:
    """The argument that a field stands for now, ``ABSENT`` for none.

    What cannot be read stays the text that was typed; ``strict``: raises ValueError with a sentence instead.
    """
    if field.kind == "group":
        below = ((child.key, value(child, strict=strict)) for child in field.children)
        made: Any = {key: held for key, held in below if held is not ABSENT}
        return made if made or field.value is not ABSENT else ABSENT
    if field.kind == "rows":
        rows = [held for child in field.children if (held := value(child, strict=strict)) is not ABSENT]
        return rows if rows or field.value is not ABSENT else ABSENT
    try:
        return read(field, field.shown)
    except ValueError:
        if strict:
            raise
        return field.shown


def read(field: Field, text: str | None) -> Any:
    """What a typed text stands for, ``ABSENT`` for none; an untouched one keeps its exact value.

    Raises ValueError with a sentence when the text does not fit the kind of field.
    """
    if text is None or _lines(text) == _shown(field.kind, field.value):
        return field.value
    if not text and (field.value is ABSENT or field.kind in {"number", "choice", "json", "date"}):
        return ABSENT
    if field.kind in {"text", "long", "date"}:
        return _lines(text)
    return _number(text) if field.kind == "number" else _json(text)


def faults(field: Field) -> tuple[str, ...]:
    """What keeps the typed text of a single field from being read, as sentences."""
    try:
        value(field, strict=True)
    except ValueError as error:
        return (str(error),)
    return ()


def leaves(these: Iterable[Field]) -> Iterator[Field]:
    """The fields that are typed in, without the groups and rows around them."""
    for field in these:
        if field.kind in {"group", "rows"}:
            yield from leaves(field.children)
        else:
            yield field


def texts(these: Iterable[Field]) -> dict[str, str]:
    """What a form of these fields sends, by name."""
    sent = {field.name: field.shown for field in leaves(these)}
    return sent | {f"{field.name}-n": str(len(field.children)) for field in _all(these) if field.kind == "rows"}


def deepest(these: Iterable[Field], pointer: str) -> Field | None:
    """The field that a pointer below the arguments is about, or the group that it would be in."""
    about = [each for each in _all(these) if f"{pointer}/".startswith(f"{each.pointer}/")]
    return max(about, key=lambda each: len(each.pointer), default=None)


def with_faults(field: Field, found: Callable[[str], Iterable[str]]) -> Field:
    """The field with what cannot be read in it and what was found wrong with it, each where it stands."""
    if field.kind in {"group", "rows"}:
        below = tuple(with_faults(child, found) for child in field.children)
        return replace(field, children=below, faults=tuple(found(field.name)))
    return replace(field, faults=(*faults(field), *found(field.name)))


def faulty(field: Field) -> bool:
    """Is anything wrong in it?"""
    return bool(field.faults) or any(map(faulty, field.children))


def rearranged(sent: Mapping[str, str]) -> dict[str, str]:
    """What a form sent, after the button for one more row (``add``) or for one row less (``drop``) was pressed."""
    held = dict(sent)
    added, dropped = held.pop("add", ""), held.pop("drop", "")
    if added and (count := _count(held, added)) is not None:
        held |= {f"{added}-n": str(min(count + 1, shapes.MOST_ROWS)), f"{added}-{count}-new": "yes"}
    rows, _dash, number = dropped.rpartition("-")
    if rows and _NUMBER.fullmatch(number) and (count := _count(held, rows)) is not None and int(number) < count:
        held = dict(_closed_up(held, rows, int(number))) | {f"{rows}-n": str(count - 1)}
    return held


def _closed_up(sent: Mapping[str, str], rows: str, gone: int) -> Iterator[tuple[str, str]]:
    """Without the row that is gone; those behind it move up."""
    row = re.compile(rf"{re.escape(rows)}-(\d+)((?:-.*)?)")
    for name, text in sent.items():
        found = row.fullmatch(name)
        if found is None:
            yield name, text
        elif (at := int(found[1])) != gone:
            yield f"{rows}-{at - (at > gone)}{found[2]}", text


def _count(sent: Mapping[str, str], rows: str) -> int | None:
    text = sent.get(f"{rows}-n", "")
    return int(text) if _NUMBER.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes fields out of a shape, what was proposed, what to begin with and what was typed since."""

    typed: Mapping[str, str]

    def group(self, name: str, pointer: str, shape: Shape, held: Any, begin: Any) -> list[Field]:
        held, begin = (each if isinstance(each, dict) else {} for each in (held, begin))
        return [
            replace(
                self.field(
                    f"{name}-{n}",
                    f"{pointer}{canonical.pointer_to([key])}",
                    below,
                    held.get(key, ABSENT),
                    begin.get(key, ABSENT),
                ),
                key=key,
                required=key in shape.required,
            )
            for n, (key, below) in enumerate(shape.keys.items())
        ]

    def field(self, name: str, pointer: str, shape: Shape, held: Any, begin: Any) -> Field:
        made = Field(name=name, key="", kind=shape.kind, value=held, pointer=pointer, help=shape.help)
        if shape.kind == "group":
            return replace(made, children=tuple(self.group(name, pointer, shape, held, begin)))
        if shape.kind == "rows":
            return replace(made, children=tuple(self._rows(name, pointer, shape, held, begin)))
        choices = tuple(_choices(shape, begin)) if shape.kind == "choice" else ()
        shown = _lines(self.typed[name]) if name in self.typed else _shown(shape.kind, begin)
        return replace(made, choices=choices, shown=shown)

    def _rows(self, name: str, pointer: str, shape: Shape, held: Any, begin: Any) -> Iterator[Field]:
        held, begin = (each if isinstance(each, list) else [] for each in (held, begin))
        count = _count(self.typed, name)
        for n in range(len(begin) if count is None else min(count, shapes.MOST_ROWS)):
            fresh = f"{name}-{n}-new" in self.typed
            had, has = (each[n] if n < len(each) and not fresh else ABSENT for each in (held, begin))
            item = shape.item or shapes.Shape("json")
            yield replace(
                self.field(f"{name}-{n}", f"{pointer}/{n}", item, had, has), key=str(n), row=n + 1, fresh=fresh
            )


def _all(these: Iterable[Field]) -> Iterator[Field]:
    for field in these:
        yield field
        yield from _all(field.children)


def _of_action(field: Field, action: Mapping[str, Any]) -> Field:
    """What the action tells about two arguments: the currency of an amount, and which text the customer reads."""
    if field.key == "amount":
        return replace(field, unit=(action.get("value") or {}).get("currency") or "")
    return replace(field, is_reply=field.key == "text" and action["kind"] == "reply")


def _choices(shape: Shape, begin: Any) -> list[tuple[str, str]]:
    named = [(shapes.json_text(option), _named(option)) for option in shape.options]
    return [("", "–"), *named] if begin is ABSENT else named


def _named(option: Any) -> str:
    if isinstance(option, bool):
        return _("yes") if option else _("no")
    return option if isinstance(option, str) else shapes.json_text(option)


def _shown(kind: str, held: Any) -> str:
    if held is ABSENT:
        return ""
    if isinstance(held, str) and kind in {"text", "long", "date"}:
        return _lines(held)
    return json.dumps(held, ensure_ascii=False, indent=2) if kind == "json" else shapes.json_text(held)


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
