"""New rows, made without what Django's constructor asks of each column: a case has seventy of them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from django.db.models import Model
from django.db.models.base import ModelState

if TYPE_CHECKING:
    from collections.abc import Callable

Row = TypeVar("Row", bound=Model)


class _Defaults(NamedTuple):
    known: dict[str, Any]
    made: tuple[tuple[str, Callable[[], Any]], ...]
    relations: frozenset[str]


def new(model: type[Row], **given: Any) -> Row:
    """As ``model(**given)``, for a model without listeners of its signals; a name that it does not have is refused."""
    defaults = _defaults(model)
    row = model.__new__(model)
    row._state = ModelState()  # noqa: SLF001 - as the constructor does
    values = vars(row)
    values |= defaults.known
    for name, make in defaults.made:
        if name not in given:
            values[name] = make()
    related = defaults.relations & given.keys()
    for name in related:
        setattr(row, name, given.pop(name))
    if unknown := given.keys() - values.keys():
        message = f"{model.__name__} has no {', '.join(sorted(unknown))}"
        raise TypeError(message)
    values |= given
    return row


@lru_cache(maxsize=64)
def _defaults(model: type[Model]) -> _Defaults:
    fields = model._meta.concrete_fields  # noqa: SLF001 - the model's own list of its columns
    made = {field.attname: field.get_default for field in fields if _makes_each(field)}
    known = {field.attname: None if field.attname in made else field.get_default() for field in fields}
    relations = frozenset(field.name for field in fields if field.name != field.attname)
    return _Defaults(known, tuple(made.items()), relations)


def _makes_each(field: Any) -> bool:
    """Whether each row gets a default of its own."""
    return field.has_db_default() or (field.has_default() and callable(field.default))
