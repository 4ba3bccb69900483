"""How far the demo's agents have come: what a visitor sees on the page of the autonomy ladder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audit.actions import SYSTEM
from hitl.accounts.models import User
from hitl.demo.encounters import VERSIONS
from reviewqueue.domain import autonomy, configuring
from reviewqueue.models import Agent, Cell, Rung

if TYPE_CHECKING:
    from datetime import datetime

_OWNER: Final = "ada"
_PLACES: Final = (
    ("wren-chat", "refund", "refund_order", Rung.REVIEW_ALL),
    ("wren-orders", "refund", "refund_order", Rung.REVIEW_ALL),
    ("wren-chat", "price_match", "refund_order", Rung.SHADOW),
)


def make(*, at: datetime) -> None:
    """Once: what a visitor changes later stays."""
    if Cell.objects.exists():
        return
    owner = User.objects.get(username=_OWNER)
    agents = {name: _owned(name, owner, at) for name in VERSIONS}
    for name, intent, action, rung in _PLACES:
        autonomy.place(agent=agents[name], intent=intent, action=action, rung=rung, person=owner, at=at)


def _owned(name: str, owner: User, at: datetime) -> Agent:
    agent, _new = Agent.objects.get_or_create(name=name)
    if agent.owner_id is None:
        agent.owner = owner
        configuring.save_agent(agent, actor=SYSTEM, at=at)
    return agent
