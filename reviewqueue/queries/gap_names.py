"""The worst gaps in words that this desk chose itself, for letters: nothing that an agent or a customer wrote.

A gap's title comes from what people said about cases, its intent and source from agents. Here an intent is told when
the policy in force names it, a trigger when the policy has it; reasons are the desk's own. The rest is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviewqueue.models import PolicyVersion, Reason
from reviewqueue.queries import gaps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewqueue.models import Gap

MOST: Final = 3


def worst() -> list[str]:
    """The few that do the most harm and want somebody, the worst first; two questions."""
    found = gaps.ranked()[:MOST]
    latest = PolicyVersion.objects.order_by("-number").first() if found else None
    own = frozenset(_words(latest.document)) if latest else frozenset()
    return [_told(gap, own) for gap in found]


def _told(gap: Gap, own: frozenset[str]) -> str:
    names = [
        gap.intent if gap.intent in own else "",
        str(dict(Reason.choices).get(gap.reason, "")),
        _("rule %s") % gap.trigger if gap.trigger in own else "",
    ]
    what = ", ".join(filter(None, names)) or _("a gap that is read on the page")
    cases = ngettext("%d case", "%d cases", gap.cases) % gap.cases
    return _("%(what)s: %(cases)s, harm %(harm)s") % {"what": what, "cases": cases, "harm": gap.harm}


def _words(part: Any) -> Iterator[str]:
    """Every text that a document holds."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        yield from _words(list(part.values()))
    elif isinstance(part, list):
        for each in part:
            yield from _words(each)
