"""Where a list goes on: the last row's values of what it is ordered by, opaque to whoever carries them."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q
from django.utils.translation import gettext as _

from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def after(columns: Sequence[str], cursor: str) -> Q:
    """The rows behind a cursor, in this order; one that is not ours is refused (``invalid-request``)."""
    values = _read(columns, cursor)
    beyond, equal = Q(), Q()
    for column, value in zip(columns, values, strict=True):
        name, down = column.removeprefix("-"), column.startswith("-")
        beyond |= equal & Q((f"{name}__{'lt' if down else 'gt'}", value))
        equal &= Q((name, value))
    return _bound(columns[0], values[0]) & beyond


def write(columns: Sequence[str], row: Any) -> str:
    """The cursor behind this row."""
    values = [getattr(row, column.removeprefix("-")) for column in columns]
    text = json.dumps([value.isoformat() if isinstance(value, datetime) else value for value in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _bound(column: str, value: Any) -> Q:
    """Says nothing new, but an index can start from it."""
    name, down = column.removeprefix("-"), column.startswith("-")
    return Q((f"{name}__{'lte' if down else 'gte'}", value))


def _read(columns: Sequence[str], cursor: str) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        names = [column.removeprefix("-") for column in columns]
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
