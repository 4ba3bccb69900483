"""What a pause covers: an agent, an intent or an action by name, with `*` and `?` as in a policy, or everything."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from reviewqueue.engine.scope import Globs, globs
from reviewqueue.engine.wording import folded

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = ("agent", "intent", "action", "everything")


class Target(NamedTuple):
    """What somebody wants to let run."""

    agent: str
    intent: str
    actions: tuple[str, ...]


def covers(of: str, name: str, target: Target) -> bool:
    """Whether a pause of this kind and name stops it. A kind that is not known stops everything."""
    if of not in KINDS or of == "everything":
        return True
    named: Iterable[str] = target.actions if of == "action" else (getattr(target, of),)
    return any(_names(name).match(folded(each) if each else None) for each in named)


@lru_cache(maxsize=256)
def _names(name: str) -> Globs:
    return globs([name])
