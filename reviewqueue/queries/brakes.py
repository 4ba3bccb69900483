"""Which pauses are open, and which of them stop what somebody wants to let run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from reviewqueue.engine import brakes
from reviewqueue.engine.brakes import Target
from reviewqueue.models import Agent, Pause

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from reviewqueue.models import Case


def open_pauses() -> list[Pause]:
    """Every pause that nobody has resumed, newest first. Nobody keeps this answer: a pause acts at once."""
    return list(Pause.objects.filter(resumed_at=None).select_related("paused_by"))


def proposed(agent: str, document: Mapping[str, Any]) -> Target:
    """What a proposal is about."""
    return Target(agent, document.get("intent") or "", tuple(action["name"] for action in document["actions"]))


def of_case(case: Case) -> Target:
    """What a case is about."""
    return proposed(case.agent.name, case.document)


def covering(target: Target, pauses: Iterable[Pause] | None = None) -> list[Pause]:
    """The open pauses that stop this."""
    found = open_pauses() if pauses is None else pauses
    return [pause for pause in found if brakes.covers(pause.of, pause.name, target)]


def sentence(pause: Pause) -> str:
    """What is paused, for agents and people; why is for people at the desk alone."""
    told = {
        Pause.Of.AGENT: _("the agent %(name)s is paused"),
        Pause.Of.INTENT: _("the intent %(name)s is paused"),
        Pause.Of.ACTION: _("the action %(name)s is paused"),
    }
    return told[Pause.Of(pause.of)] % {"name": pause.name} if pause.of in told else _("everything is paused")


def warning(pause: Pause) -> str:
    """Says so when the pause of an agent stops nobody, as one whose name was mistyped does; else nothing."""
    names = Agent.objects.values_list("name", flat=True) if pause.of == Pause.Of.AGENT else None
    if names is None or any(brakes.covers(pause.of, pause.name, Target(name, "", ())) for name in names):
        return ""
    says = _("No agent is named %(name)s: it is paused in case one comes, and nothing else stops.")
    return says % {"name": pause.name}
