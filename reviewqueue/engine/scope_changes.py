"""What changed in the written scopes of agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine import telling
from reviewqueue.engine.amounts import exact
from reviewqueue.engine.effects import Difference, Effect
from reviewqueue.engine.instead import other_queue
from reviewqueue.engine.saying import Saying, Told, listed, row, say, say_in
from reviewqueue.engine.wording import folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Scope = Mapping[str, Any]

_ALONE, _SURE, _ASKED, _NEVER = range(4)
_UNNAMED: Final = (_ASKED, 0)
_SAID: Final = {
    "owner": say("owner %(new)s instead of %(old)s"),
    "review_by": say("next review %(new)s instead of %(old)s"),
    "note": say("note %(new)s instead of %(old)s"),
}


def scope_changes(before: Sequence[Scope], after: Sequence[Scope]) -> Iterator[Difference]:
    """By the agents that they are for: a scope only adds scrutiny, so a new one is stricter and a lost one looser."""
    old = {tuple(telling.words(one["agent"])): one for one in before}
    new = {tuple(telling.words(one["agent"])): (index, one) for index, one in enumerate(after)}
    if len(old) < len(before) or len(new) < len(after):
        if list(before) != list(after):
            yield Difference("/scopes", say("Several scopes of the same agents changed"), Effect.UNCLEAR)
        return
    for index, agents in enumerate(old):
        if agents not in new:
            says = say("%(agents)s: the scope is gone", agents=listed(agents))
            yield Difference(f"/scopes/{index}", says, Effect.LOOSER)
    for agents, (index, one) in new.items():
        if agents not in old:
            told = row(*telling.mandate(one))
            says = say("%(agents)s: a scope is written down. %(sentences)s", agents=listed(agents), sentences=told)
            yield Difference(f"/scopes/{index}", says, Effect.STRICTER)
        else:
            yield from _changed(old[agents], one, f"/scopes/{index}", listed(agents))


def _changed(before: Scope, after: Scope, path: str, agents: Told | str) -> Iterator[Difference]:
    old, new = _levels(before), _levels(after)
    for intent in sorted(old.keys() | new.keys()):
        here, there = old.get(intent, _UNNAMED), new.get(intent, _UNNAMED)
        if here != there:
            effect = Effect.STRICTER if there > here else Effect.LOOSER
            told = {"agents": agents, "intent": intent, "new": _told(there), "old": _told(here)}
            yield Difference(path, say("%(agents)s: %(intent)s %(new)s instead of %(old)s", **told), effect)
    if before.get("queue") != after.get("queue"):
        yield Difference(path, row(agents, other_queue(before, after), between=": "), Effect.UNCLEAR)
    for key, template in _SAID.items():
        if before.get(key) != after.get(key):
            now, was = (each.get(key) or say_in("note", "none") for each in (after, before))
            says = Saying(template.template, {"new": now, "old": was})
            yield Difference(path, row(agents, says, between=": "), Effect.EQUAL)


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


def _told(level: tuple[int, Any]) -> Told:
    kind, limit = level
    if kind == _SURE:
        return say("by confidence from %(share)s", share=telling.share(limit))
    return {_ALONE: say("by itself"), _ASKED: say("with a person"), _NEVER: say("by a person alone")}[kind]
