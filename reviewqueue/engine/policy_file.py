"""The policy as a file: YAML (or JSON, which is YAML too) read strictly and written for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Final

import yaml

from reviewqueue.engine import telling, telling_limits
from reviewqueue.engine.faults import Fault, PolicyError
from reviewqueue.engine.saying import Told, say
from reviewqueue.engine.tiers import lines

MAX_LENGTH = 1 << 20
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
    "scopes",
    "risk_levels",
    "triggers",
    "budgets",
    "wait",
    "match",
    "when",
    "tiers",
    "fact",
    "mode",
    "level",
    "outcome",
    "queue",
    "priority",
    "skills",
    "eyes",
    "enabled",
    "veto_seconds",
    "per",
    "within",
    "sum",
    "count",
    "counts",
    "pause",
    "message",
    "seconds",
    "then",
    "say",
    "undo_seconds",
    "expiry",
)
_RANK: Final = {key: rank for rank, key in enumerate(_ORDER)}


class _Loader(yaml.SafeLoader):
    """Knows true, false, null and numbers as JSON writes them; `no`, `12:30` and `2026-01-31` stay words."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def fetch_alias(self) -> None:
        raise yaml.scanner.ScannerError(None, None, "anchors and aliases have no place here", self.get_mark())

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        keys = [key.value for key, _ in node.value]
        if twice := next((key for place, key in enumerate(keys) if key in keys[:place]), None):
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice} stands twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


class _Dumper(yaml.SafeDumper):
    """Quotes every text that this or another YAML reader might take for a number, a date or a yes."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


_DIGITS = [*"-0123456789"]
for _reader in (_Loader, _Dumper):
    for _kind, _pattern, _first in (
        ("null", r"(?:null|~|)\Z", [*"n~", ""]),
        ("bool", r"(?:true|false)\Z", [*"tf"]),
        ("int", r"-?(?:0|[1-9][0-9]*)\Z", _DIGITS),
        ("float", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)\Z", _DIGITS),
    ):
        _reader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_pattern), _first)


def load(text: str) -> dict[str, Any]:
    """Read a policy file into the document that `policy.parse` takes.

    Raises `PolicyError` with line and column for what is not YAML, keys that stand twice, and aliases.
    """
    if len(text) > MAX_LENGTH:
        raise PolicyError([Fault("", say("the file is longer than %(most)s characters", most=MAX_LENGTH))])
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader that knows less
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PolicyError([Fault("", _complaint(error))]) from error
    if not isinstance(document, dict):
        raise PolicyError([Fault("", say("must be a mapping of keys to values"))])
    return document


def dump(document: Mapping[str, Any]) -> str:
    """Write a policy document as YAML that reads back equal; equal policies give equal text."""
    return yaml.dump(_ordered(dict(document)), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def commented(document: Mapping[str, Any]) -> str:
    """The same with a comment above each rule that says it in a sentence; reads back equal to ``dump``."""
    ordered = _ordered(dict(document))
    return "\n".join(_part(key, value, str(document.get("currency", ""))) for key, value in ordered.items())


def _part(key: str, value: Any, currency: str) -> str:
    if key not in TOLD or not isinstance(value, list) or not value:
        return dump({key: value}).rstrip("\n")
    told = [f"# {_ABOUT[key]}", f"{key}:"]
    for rule in value:
        told += [f"# {' '.join(str(sentence).split())}" for sentence in TOLD[key](rule, currency)]
        told.append(_dumped([rule]))
    return "\n" + "\n".join(told)


def _dumped(rules: list[Any]) -> str:
    return yaml.dump(_ordered(rules), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110).rstrip("\n")


_ABOUT: Final = {
    "oversight": "Where each action starts: the first rule that matches counts.",
    "scopes": "What each agent is there for; every other intent goes to a person.",
    "risk_levels": "How much friction a decision gets: the first rule that matches counts.",
    "triggers": "What makes it stricter: every one that fires counts.",
    "budgets": "How much may run without a person in a stretch of time.",
    "wait": "What customers read while they wait, how long, and what then: the first rule that matches counts.",
}
TOLD: Final[dict[str, Callable[[Any, str], Iterable[Told]]]] = {
    "oversight": lambda rule, _currency: [telling.oversight(rule)],
    "scopes": lambda rule, _currency: telling.mandate(rule),
    "risk_levels": lambda rule, currency: [telling.risk_level(rule, currency)],
    "triggers": lambda rule, currency: [telling.trigger(line, currency) for line in lines(rule)],
    "budgets": lambda rule, currency: [telling_limits.budget(rule, currency)],
    "wait": lambda rule, _currency: [telling_limits.wait(rule)],
}


def _complaint(error: Exception) -> Told:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        told = {"problem": error.problem, "line": mark.line + 1, "column": mark.column + 1}
        return say("%(problem)s at line %(line)s, column %(column)s", **told)
    return say("is not YAML that can be read")


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (_RANK.get(key, len(_RANK)), key))
        return {key: _ordered(value[key]) for key in keys}
    return [_ordered(item) for item in value] if isinstance(value, list) else value
