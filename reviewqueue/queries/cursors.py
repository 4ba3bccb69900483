"""Where a list goes on: the last row's values of what it is ordered by, opaque to whoever carries them."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db.models import BooleanField, CharField, DateTimeField, F, Field, Func, Q, Value
from django.utils.translation import gettext as _

from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def after(columns: Sequence[str], cursor: str) -> Q:
    """The rows behind a cursor, in this order; one that is not ours is refused (``invalid-request``)."""
    return _compared(columns, cursor, "<" if columns[0].startswith("-") else ">")


def upto(columns: Sequence[str], cursor: str) -> Q:
    """The other rows: up to the one that the cursor is behind, and that one."""
    return _compared(columns, cursor, ">=" if columns[0].startswith("-") else "<=")


def _compared(columns: Sequence[str], cursor: str, sign: str) -> Q:
    """As whole rows, so that an index is walked from there; the columns of an order all go the same way."""
    names = [column.removeprefix("-") for column in columns]
    values = [Value(value, output_field=_FIELDS[name]) for name, value in zip(names, _read(names, cursor), strict=True)]
    rows = Func(*map(F, names), template="(%(expressions)s)"), Func(*values, template="(%(expressions)s)")
    return Q(Func(*rows, template="%(expressions)s", arg_joiner=f" {sign} ", output_field=BooleanField()))


def write(columns: Sequence[str], row: Any) -> str:
    """The cursor behind this row."""
    return behind([getattr(row, column.removeprefix("-")) for column in columns])


def behind(values: Sequence[Any]) -> str:
    """The cursor behind the row that has these values in the columns of the order."""
    text = json.dumps([value.isoformat() if isinstance(value, datetime) else value for value in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(names: Sequence[str], cursor: str) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [_KINDS[name](value) for name, value in zip(names, values, strict=True)]
    except (ValueError, TypeError, AttributeError) as error:
        says = _("This cursor is not one of ours; start from the first page.")
        raise Refusal("invalid-request", says, errors=({"pointer": "?cursor", "detail": says},)) from error


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs its offset")
    return moment


def _name(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise ValueError("not an id")
    return text


_KINDS: Final[dict[str, Callable[[Any], Any]]] = {"rank_at": _moment, "due_at": _moment, "id": _name}
_FIELDS: Final[dict[str, Field[Any, Any]]] = {"rank_at": DateTimeField(), "due_at": DateTimeField(), "id": CharField()}
