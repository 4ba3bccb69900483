"""The policy as a file: YAML with JSON's types only, or JSON; written so that equal policies give equal text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

from reviewqueue.engine import canonical
from reviewqueue.engine.policy import Fault, PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a person expects to read first; the rest follows by the alphabet.
_ORDER: Final = (
    "format",
    "name",
    "description",
    "category",
    "currency",
    "currency_rates",
    "default_queue",
    "oversight",
    "risk_levels",
    "triggers",
    "match",
    "when",
    "fact",
    "mode",
    "level",
    "outcome",
    "queue",
    "priority",
    "skills",
    "eyes",
    "veto_seconds",
    "undo_seconds",
    "expiry",
)
_RANK: Final = {key: rank for rank, key in enumerate(_ORDER)}
_MAP_TAG: Final = "tag:yaml.org,2002:map"


class _Loader(yaml.SafeLoader):
    """No dates, no sexagesimal numbers, no ``no`` for false: what is not a JSON value is a text."""

    yaml_implicit_resolvers: Final = {}  # type: ignore[misc] # PyYAML fills a class attribute

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Repetition by reference can make a small file endless."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call] # the stubs leave it untyped
            raise yaml.MarkedYAMLError(problem="references (*name) are not taken", problem_mark=mark)
        return super().compose_node(parent, index)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str) or key in found:
            problem = f"the key {key} stands here twice" if key in found else "a key must be a text"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
        found[key] = loader.construct_object(value_node, deep=True)
    return found


_Loader.add_constructor(_MAP_TAG, _mapping)
for _tag, _pattern, _first in (
    ("null", r"null|~|", ["n", "~", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(?:0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)


def read(text: str) -> dict[str, Any]:
    """The document in a policy file. Raises ``PolicyError`` naming line and column of what cannot be read."""
    found = _json(text) if text.lstrip().startswith("{") else _yaml(text)
    if not isinstance(found, dict):
        raise PolicyError([Fault("", "a policy file holds one mapping of keys to values")])
    return found


def write(document: Mapping[str, Any]) -> str:
    """The policy as YAML."""
    return yaml.safe_dump(_ordered(document), sort_keys=False, allow_unicode=True, width=110)


def _json(text: str) -> Any:
    try:
        return canonical.loads(text.encode())
    except ValueError as error:
        try:
            return _yaml(text)  # whose mappings can stand in braces too
        except PolicyError:
            raise PolicyError([Fault("", f"this is no JSON: {error}")]) from error


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, and stricter
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise PolicyError([Fault("", f"{where}{error.problem}")]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise PolicyError([Fault("", "this is no YAML that can be read")]) from error


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (_RANK.get(key, len(_RANK)), key))
        return {key: _ordered(value[key]) for key in keys}
    return [_ordered(item) for item in value] if isinstance(value, list) else value
