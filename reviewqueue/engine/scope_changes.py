"""What changed in the written scopes of agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine import telling
from reviewqueue.engine.amounts import exact
from reviewqueue.engine.effects import Difference, Effect
from reviewqueue.engine.wording import folded, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Scope = Mapping[str, Any]

_ALONE, _SURE, _ASKED, _NEVER = range(4)
_UNNAMED: Final = (_ASKED, 0)


def scope_changes(before: Sequence[Scope], after: Sequence[Scope]) -> Iterator[Difference]:
    """By the agents that they are for: a scope only adds scrutiny, so a new one is stricter and a lost one looser."""
    old = {tuple(telling.words(one["agent"])): one for one in before}
    new = {tuple(telling.words(one["agent"])): (index, one) for index, one in enumerate(after)}
    if len(old) < len(before) or len(new) < len(after):
        if list(before) != list(after):
            yield Difference("/scopes", "Several scopes of the same agents changed", Effect.UNCLEAR)
        return
    for index, agents in enumerate(old):
        if agents not in new:
            yield Difference(f"/scopes/{index}", f"{listed(list(agents))}: the scope is gone", Effect.LOOSER)
    for agents, (index, one) in new.items():
        if agents not in old:
            says = f"{listed(list(agents))}: a scope is written down. {' '.join(telling.mandate(one))}"
            yield Difference(f"/scopes/{index}", says, Effect.STRICTER)
        else:
            yield from _changed(old[agents], one, f"/scopes/{index}", listed(list(agents)))


def _changed(before: Scope, after: Scope, path: str, agents: str) -> Iterator[Difference]:
    old, new = _levels(before), _levels(after)
    for intent in sorted(old.keys() | new.keys()):
        here, there = old.get(intent, _UNNAMED), new.get(intent, _UNNAMED)
        if here != there:
            effect = Effect.STRICTER if there > here else Effect.LOOSER
            yield Difference(path, f"{agents}: {intent} {_told(there)} instead of {_told(here)}", effect)
    if before.get("queue") != after.get("queue"):
        says = f"{agents}: queue {after.get('queue') or 'of the policy'} instead of {before.get('queue') or 'none'}"
        yield Difference(path, says, Effect.UNCLEAR)
    for key, label in (("owner", "owner"), ("review_by", "next review"), ("note", "note")):
        if before.get(key) != after.get(key):
            yield Difference(path, f"{agents}: {label} {after.get(key)} instead of {before.get(key)}", Effect.EQUAL)


def _levels(scope: Scope) -> dict[str, tuple[int, Any]]:
    levels: dict[str, tuple[int, Any]] = {}
    for intent in telling.words(scope.get("authorised")):
        levels[folded(intent)] = (_ALONE, 0)
    for one in scope.get("by_confidence") or ():
        for intent in telling.words(one["intent"]):
            levels[folded(intent)] = (_SURE, exact(one["at_least"]) or 0)
    for intent in telling.words(scope.get("always_human")):
        levels[folded(intent)] = (_NEVER, 0)
    return levels


def _told(level: tuple[int, Any]) -> str:
    kind, limit = level
    if kind == _SURE:
        return f"by confidence from {telling.share(limit)}"
    return {_ALONE: "by itself", _ASKED: "with a person", _NEVER: "by a person alone"}[kind]
