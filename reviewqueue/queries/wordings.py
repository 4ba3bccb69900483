"""The sentences that admins wrote for actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reviewqueue.models import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def of(actions: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Wording]:
    """The wordings of these actions by kind and name, in one query; the one for a whole kind where none is nearer."""
    wanted = {(action["kind"], action["name"]) for action in actions}
    names = {name for _kind, name in wanted} | {""}
    found = {(each.kind, each.name): each for each in Wording.objects.filter(name__in=names)}
    nearest = ((each, found.get(each) or found.get((each[0], ""))) for each in wanted)
    return {each: wording for each, wording in nearest if wording is not None}
