"""Edits of a policy document, each giving a new one: rules added, replaced, moved, switched and taken out."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUPS: Final = ("oversight", "scopes", "risk_levels", "triggers", "budgets", "wait")
Document = dict[str, Any]


def rules(document: Mapping[str, Any], group: str) -> list[Any]:
    """The rules of one group; none where the document has something else there."""
    found = document.get(group)
    return found if isinstance(found, list) else []


def put(document: Mapping[str, Any], group: str, index: int | None, rule: Mapping[str, Any]) -> Document:
    """With a rule in place of the one at `index`; `None` adds one: a start before the one for everything else."""
    whole, kept = _copied(document, group)
    if index is not None:
        kept[index] = dict(rule)
    elif group in {"oversight", "wait"} and kept and isinstance(kept[-1], dict) and not kept[-1].get("match"):
        kept.insert(len(kept) - 1, dict(rule))
    else:
        kept.append(dict(rule))
    return whole


def take_out(document: Mapping[str, Any], group: str, index: int) -> Document:
    """Without this rule."""
    whole, kept = _copied(document, group)
    del kept[index]
    return whole


def move(document: Mapping[str, Any], group: str, index: int, steps: int) -> Document:
    """With this rule so many places further down (up when negative)."""
    whole, kept = _copied(document, group)
    rule = kept.pop(index)
    kept.insert(max(0, min(len(kept), index + steps)), rule)
    return whole


def switch(document: Mapping[str, Any], index: int) -> Document:
    """With this trigger switched off, or on again."""
    whole, kept = _copied(document, "triggers")
    rule = dict(kept[index])
    if rule.pop("enabled", True) is not False:
        rule["enabled"] = False
    kept[index] = rule
    return whole


def without_defaults(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Without keys that a form left empty."""
    return {key: value for key, value in rule.items() if value not in ("", None, [], ())}


def _copied(document: Mapping[str, Any], group: str) -> tuple[Document, list[Any]]:
    whole = copy.deepcopy(dict(document))
    kept = list(rules(whole, group))
    whole[group] = kept
    return whole, kept
