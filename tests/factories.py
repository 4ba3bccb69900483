"""People, agents, policies and cases for tests: real rows made by the product's own verbs."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from audit.actions import SYSTEM
from hitl.accounts.models import User
from reviewqueue.domain import claims, decisions, intake, looking, policies
from reviewqueue.domain.decisions import Look, Outcome
from reviewqueue.engine import canonical
from reviewqueue.models import Agent, Case, Grant, Membership, PolicyVersion, Queue
from reviewqueue.queries import briefing, clock, sightings

_numbers = itertools.count(1)
# Everything to a person, no undo window: most tests are about something else.
PLAIN_POLICY: dict[str, Any] = {
    "format": 1,
    "name": "Everything to a person",
    "currency": "EUR",
    "oversight": [{"match": {}, "mode": "in_the_loop"}],
    "triggers": [],
    "undo_seconds": 0,
    "expiry": {"seconds": 86400, "outcome": "expire"},
}


def now() -> datetime:
    """The database's time, which is what leases and grants are measured by."""
    return clock.now()


def utc_now() -> datetime:
    """This machine's time, where no database is asked."""
    return datetime.now(UTC)


def person(role: str = "reviewer", **fields: Any) -> User:
    """Somebody with a role, in every queue unless ``queues`` names theirs."""
    queues = fields.pop("queues", None)
    number = next(_numbers)
    fields = {"username": f"person{number}", "first_name": f"Person{number}", "last_name": "Test"} | fields
    user: User = User.objects.create(role=role, all_queues=queues is None, **fields)
    for name in queues or ():
        queue, _new = Queue.objects.get_or_create(name=name)
        Membership.objects.create(user=user, queue=queue)
    return user


def agent(**fields: Any) -> Agent:
    """An AI agent."""
    made: Agent = Agent.objects.create(**({"name": f"agent-{next(_numbers)}"} | fields))
    return made


def policy(**changes: Any) -> PolicyVersion:
    """Publish ``PLAIN_POLICY`` with changes; it is in force from now on."""
    return policies.publish(PLAIN_POLICY | changes, author=None, actor=SYSTEM, reason="for a test", at=now())


def action(**fields: Any) -> dict[str, Any]:
    """A refund of 350 EUR."""
    return {
        "call_id": "call_1",
        "kind": "tool_call",
        "name": "refund_order",
        "args": {"order_id": "A-1", "amount": "350.00"},
        "value": {"amount": "350.00", "currency": "EUR"},
        "reversible": False,
    } | fields


def reply(**fields: Any) -> dict[str, Any]:
    """A drafted reply to the customer."""
    text = {"text": "We are sorry. We refunded 350 EUR."}
    return {"call_id": "call_2", "kind": "reply", "name": "send_reply", "args": text, "reversible": False} | fields


def document(**fields: Any) -> dict[str, Any]:
    """A proposal in wire format: Maya wants her money back."""
    number = next(_numbers)
    whole = {
        "dedupe_key": f"thread-{number}",
        "intent": "refund",
        "conversation": {
            "id": f"conv-{number}",
            "channel": "chat",
            "messages": [{"seq": 1, "role": "customer", "text": "My order A-1 came two weeks late."}],
        },
        "customer": {"id": f"cus-{number}", "name": "Maya R.", "tier": "gold"},
        "actions": [action()],
        "signals": {"confidence": 0.9},
    }
    return whole | fields


def proposal(**fields: Any) -> intake.Proposal:
    """The same, as the API hands it to the domain."""
    whole = document(**fields)
    return intake.Proposal(document=whole, raw=json.dumps(whole), digest=canonical.digest(whole))


def case(*, by: Agent | None = None, at: datetime | None = None, **fields: Any) -> Case:
    """A case under the policy in force (``PLAIN_POLICY`` when none is)."""
    if not PolicyVersion.objects.exists():
        policy()
    made, _new = intake.propose(proposal(**fields), agent=by or agent(), at=at or now())
    return made


def claimed(reviewer: User, *, at: datetime | None = None, **fields: Any) -> Case:
    """A case in this reviewer's hands."""
    moment = at or now()
    return claims.claim(case(at=moment, **fields), reviewer=reviewer, at=moment)


def look(case: Case) -> Look:
    """What somebody saw who looks right now."""
    case.refresh_from_db()
    return Look(claim_token=case.claim_token, version=case.version, seen_digest=briefing.seen_digest(case))


def read(case: Case, person: User) -> None:
    """Somebody opens all the evidence that an approval of this case takes."""
    for piece in sightings.unread(case, person.pk):
        looking.open_piece(case, person=person, piece=piece.key, at=now())
    case.refresh_from_db()


def decide(case: Case, reviewer: User, *rulings: dict[str, Any], at: datetime | None = None, **more: Any) -> Outcome:
    """Decide with an up-to-date look; without rulings: approve every action."""
    chosen = rulings or tuple({"call_id": each["call_id"], "type": "approve"} for each in case.actions)
    return decisions.decide(case, reviewer=reviewer, look=look(case), decisions=chosen, at=at or now(), **more)


def grant(*, by: Agent | None = None) -> Grant:
    """A fresh grant for a refund that a reviewer approved."""
    reviewer = person()
    made = claimed(reviewer, by=by)
    decide(made, reviewer)
    return Grant.objects.get(case=made)


def later(seconds: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=seconds)
