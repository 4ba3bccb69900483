"""What is wrong with a request, place by place, in words for whoever sent it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

from hitl.api.schemas.base import Sent
from reviewqueue.engine.canonical import pointer_to

MOST: Final = 100
_LONGEST: Final = 300
_ALIKE: Final = 0.75
# Where pydantic's own words speak of Python.
_PLAIN: Final = {
    "missing": "This field is required.",
    "model_type": "Send a JSON object.",
    "dict_type": "Send a JSON object.",
    "list_type": "Send a list.",
    "string_type": "Send text.",
    "int_type": "Send a whole number.",
    "float_type": "Send a number.",
    "bool_type": "Send true or false.",
}
NO_BODY: Final = [{"pointer": "", "detail": "This field is required."}]


def of(errors: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Pydantic's errors as ``{"pointer", "detail"}``, pointing into the body: no parameter has any form but text."""
    return [{"pointer": _place(error["loc"]), "detail": _says(error)[:_LONGEST]} for error in errors][:MOST]


def _place(path: tuple[str | int, ...]) -> str:
    # The first two steps are Ninja's word for the body and the name of our own parameter, which is the whole body.
    return pointer_to(_printable(path[2:]))


def _printable(path: Iterable[str | int]) -> list[str | int]:
    return [step[:80] if isinstance(step, str) else step for step in path]


def _says(error: Mapping[str, Any]) -> str:
    kind, message = error["type"], str(error["msg"])
    if kind == "extra_forbidden":
        return _unknown(str(error["loc"][-1]))
    if kind in _PLAIN:
        return _PLAIN[kind]
    return message.removeprefix("Value error, ").removeprefix("Assertion failed, ")


def _unknown(name: str) -> str:
    if name in _known_names():
        return f"The field “{name}” does not belong here."
    near = get_close_matches(name, _known_names(), n=1, cutoff=_ALIKE)
    return f"Unknown field “{name[:80]}”" + (f"; did you mean “{near[0]}”?" if near else ".")


@cache
def _known_names() -> list[str]:
    return sorted({name for model in _models(Sent) for name in model.model_fields})


def _models(root: type[Sent]) -> Iterable[type[Sent]]:
    for model in root.__subclasses__():
        yield model
        yield from _models(model)
