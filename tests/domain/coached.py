"""Cases to learn from and control cases, made by the product's own verbs."""

from datetime import timedelta
from typing import Any

from hitl.accounts.models import User
from reviewqueue.domain import canaries, decisions, specimens
from reviewqueue.models import Agent, Case, CoachingRules, Specimen
from tests import factories

OTHER = {"id": "conv-other", "channel": "chat", "messages": [{"seq": 1, "role": "customer", "text": "Hello"}]}
SENT = factories.action(name="send_voucher")
LONG = timedelta(minutes=1)
BAD = {"call_id": "call_1", "type": "reject", "reason_code": "wrong_amount", "message": "The limit is 200 EUR."}


def rules(**fields: Any) -> CoachingRules:
    """Control cases are on, and may be had by whoever decides at all."""
    defaults = {"canaries": True, "share": 100, "per_week": 5, "queue_at_most": 3}
    return CoachingRules.objects.create(**defaults | fields)


def overridden(by: User, agent: Agent, ruling: dict[str, Any] | None = None, **fields: Any) -> Case:
    """A case that this person put right."""
    case = factories.claimed(by, by=agent, **fields)
    decisions.decide(case, reviewer=by, look=factories.look(case), decisions=[ruling or BAD], at=factories.now())
    case.refresh_from_db()
    return case


def worker(**fields: Any) -> User:
    """Somebody who has decided a case lately, and so may get a control case."""
    person = factories.person(**fields)
    overridden(person, factories.agent())
    return person


def specimen(case: Case, coach: User, *, approved: bool = True) -> Specimen:
    """What is to be learned from it."""
    made = specimens.make(case, person=coach, at=factories.now())
    return specimens.approve(made, person=coach, at=factories.now()) if approved else made


def planted(made: Specimen) -> Case:
    """A control case of it among the real ones."""
    case = canaries.plant(made, coaching=CoachingRules.objects.get(), at=factories.now())
    assert case is not None
    return case
