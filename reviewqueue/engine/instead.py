"""The clauses that several kinds of rules share when one of them changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reviewqueue.engine.saying import Told, say, say_in
from reviewqueue.engine.telling import PRIORITIES, called

if TYPE_CHECKING:
    from collections.abc import Mapping

    Rule = Mapping[str, Any]


def instead(new: Told | str, old: Told | str) -> Told:
    """What is now, and what was until now."""
    return say("%(new)s instead of %(old)s", new=new, old=old)


def other_queue(before: Rule, after: Rule) -> Told:
    """Other people decide."""
    new, old = (each.get("queue") or say_in("queue", "none") for each in (after, before))
    return say("queue %(new)s instead of %(old)s", new=new, old=old)


def other_priority(before: Rule, after: Rule) -> Told:
    """Sooner or later than before."""
    new, old = (called(PRIORITIES, each.get("priority") or "normal") for each in (after, before))
    return say("priority %(new)s instead of %(old)s", new=new, old=old)
